#include "grammar.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

namespace bitnet::serve {

ByteSet bytes_between(unsigned char first, unsigned char last) {
    ByteSet set;
    for (std::size_t byte = first; byte <= last; ++byte)
        set.set(byte);
    return set;
}

std::size_t Grammar::add_rule() {
    rules_.emplace_back();
    return rules_.size() - 1;
}

void Grammar::add(std::size_t rule, Sequence sequence) {
    rules_[rule].push_back(std::move(sequence));
}

std::size_t Grammar::add_rule(std::vector<Sequence> sequences) {
    const std::size_t rule = add_rule();
    rules_[rule] = std::move(sequences);
    return rule;
}

void Grammar::append(Sequence& sequence, std::string_view text) {
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        sequence.push_back(one_of(bytes_between(byte, byte)));
    }
}

/// Which rules match the empty text, as far as that shows: until nothing new does.
std::vector<bool> Grammar::empty_rules() const {
    std::vector<bool> empty(rules_.size(), false);
    const auto may_be_empty = [&](const Element& e) {
        return e.least == 0 || (e.rule != Element::no_rule && empty[e.rule]);
    };
    for (bool changed = true; changed;) {
        changed = false;
        for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
            const auto is_empty = [&](const Sequence& way) { return std::ranges::all_of(way, may_be_empty); };
            if (empty[rule] || std::ranges::none_of(rules_[rule], is_empty)) continue;
            empty[rule] = changed = true;
        }
    }
    return empty;
}

/// Takes away, again and again, rules that begin with none of those left; those in a circle stay.
bool Grammar::is_left_recursive() const {
    const std::vector<bool> empty = empty_rules();
    std::vector<std::vector<std::size_t>> begun_by(rules_.size());
    std::vector<std::size_t> begins_with(rules_.size(), 0), done;
    for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
        for (const Sequence& way : rules_[rule]) {
            for (const Element& e : way) {
                if (e.rule != Element::no_rule) {
                    begun_by[e.rule].push_back(rule);
                    ++begins_with[rule];
                }
                if (e.least != 0 && (e.rule == Element::no_rule || !empty[e.rule])) break;
            }
        }
        if (begins_with[rule] == 0) done.push_back(rule);
    }
    for (std::size_t i = 0; i < done.size(); ++i) {
        for (const std::size_t rule : begun_by[done[i]]) {
            if (--begins_with[rule] == 0) done.push_back(rule);
        }
    }
    return done.size() < rules_.size();
}

/// A rule that is being matched, and all places that go on behind it. Those that call a rule before the same byte share
/// one call: ways that meet again don't multiply.
struct GrammarState::Call {
    std::vector<Place> behind = {};
    bool matched_nothing = false;  // before its first byte

    Call() = default;
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    /// Calls are as many within each other as the text is nested: they leave one after the other, not on the stack.
    ~Call() {
        std::vector<Place> left = std::move(behind);
        while (!left.empty()) {
            const std::shared_ptr<Call> call = std::move(left.back().call);
            left.pop_back();
            if (call.use_count() != 1) continue;
            std::ranges::move(call->behind, std::back_inserter(left));
            call->behind.clear();
        }
    }
};

/// Counts that make no difference any more are one.
GrammarState::Place GrammarState::Place::once_more() const {
    const Grammar::Element& e = element();
    return {sequence, index, e.most == Grammar::unlimited ? std::min(count + 1, e.least) : count + 1, call};
}

/// All places before a byte that some places lead to, each once.
class GrammarState::Reached {
 public:
    explicit Reached(const Grammar& grammar) : grammar_(grammar) {}

    void go_on_from(Place first) {
        todo_.push_back(std::move(first));
        while (!todo_.empty()) {
            const auto [place, is_new] = seen_.insert(std::move(todo_.back()));
            todo_.pop_back();
            if (is_new) look_at(*place);
        }
    }
    std::size_t work() const { return seen_.size(); }

    std::vector<Place> before_bytes = {};
    bool end = false;

 private:
    void look_at(const Place& place) {
        if (place.index == place.sequence->size()) return finish(place.call);
        const Grammar::Element& element = place.element();
        if (place.count < element.most) {
            if (element.rule == Grammar::Element::no_rule) {
                before_bytes.push_back(place);
            } else {
                call(element.rule, place.once_more());
            }
        }
        if (place.count >= element.least) todo_.push_back({place.sequence, place.index + 1, 0, place.call});
    }

    void call(std::size_t rule, Place behind) {
        std::shared_ptr<Call>& call = calls_[rule];
        if (call) {
            if (call->matched_nothing) todo_.push_back(behind);
        } else {
            call = std::make_shared<Call>();
            for (const Grammar::Sequence& way : grammar_.ways(rule))
                todo_.push_back({&way, 0, 0, call});
        }
        call->behind.push_back(std::move(behind));
    }

    void finish(const std::shared_ptr<Call>& call) {
        if (!call) {
            end = true;
            return;
        }
        call->matched_nothing = true;  // tells those that call it before this byte, which an older call has no more
        todo_.insert(todo_.end(), call->behind.begin(), call->behind.end());
    }

    const Grammar& grammar_;
    std::vector<Place> todo_;
    std::set<Place> seen_;
    std::map<std::size_t, std::shared_ptr<Call>> calls_;  // of rules, before this byte
};

GrammarState::GrammarState(const Grammar& grammar, Reached reached)
    : grammar_(&grammar), places_(std::move(reached.before_bytes)), may_end_(reached.end) {}

GrammarState::GrammarState(const Grammar& grammar)
    : GrammarState(grammar, [&] {
          Reached reached(grammar);
          for (const Grammar::Sequence& way : grammar.ways(0))
              reached.go_on_from({&way, 0, 0, nullptr});
          return reached;
      }()) {}

std::optional<GrammarState> GrammarState::after(unsigned char byte, std::size_t& work) const {
    Reached reached(*grammar_);
    for (const Place& place : places_) {
        if (place.element().bytes.test(byte)) reached.go_on_from(place.once_more());
    }
    work += places_.size() + reached.work();
    if (reached.work() == 0) return std::nullopt;
    return GrammarState(*grammar_, std::move(reached));
}

std::optional<GrammarState> GrammarState::after(std::string_view bytes, std::size_t& work) const {
    if (bytes.empty()) return *this;
    std::optional<GrammarState> reached = after(static_cast<unsigned char>(bytes[0]), work);
    for (const char c : bytes.substr(1)) {
        if (!reached) break;
        reached = reached->after(static_cast<unsigned char>(c), work);
    }
    return reached;
}

bool GrammarState::take(std::string_view bytes) {
    std::size_t work = 0;
    std::optional<GrammarState> reached = after(bytes, work);
    if (!reached) return false;
    *this = *std::move(reached);
    return true;
}

ByteSet GrammarState::next() const {
    ByteSet bytes;
    for (const Place& place : places_)
        bytes |= place.element().bytes;
    return bytes;
}

}  // namespace bitnet::serve
