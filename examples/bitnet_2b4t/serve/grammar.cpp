#include "grammar.hpp"

#include <algorithm>
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

struct GrammarState::Place {
    const Grammar::Sequence* sequence;
    std::size_t index;
    std::uint32_t count;
    PlacePointer after;

    const Grammar::Element& element() const { return (*sequence)[index]; }
    /// Once more matched. Counts that make no difference any more are one.
    std::uint32_t counted() const {
        return element().most == Grammar::unlimited ? std::min(count + 1, element().least) : count + 1;
    }
    bool operator==(const Place&) const = default;
};

GrammarState::GrammarState(const Grammar& grammar) : grammar_(&grammar) {
    Reached reached;
    for (const Grammar::Sequence& way : grammar.ways(0))
        go_on_from(std::make_shared<const Place>(Place{&way, 0, 0, nullptr}), reached);
    places_ = std::move(reached.before_bytes);
    may_end_ = reached.end;
}

/// Finds all places before a byte that a place leads to. One that several ways lead to counts once: ways that meet
/// again don't multiply.
void GrammarState::go_on_from(const PlacePointer& place, Reached& reached) const {
    if (place == nullptr) {
        reached.end = true;
        return;
    }
    if (std::ranges::any_of(reached.seen, [&](const PlacePointer& other) { return *other == *place; })) return;
    reached.seen.push_back(place);
    if (place->index == place->sequence->size()) return go_on_from(place->after, reached);
    const Grammar::Element& element = place->element();
    const auto at = [&](std::size_t index, std::uint32_t count) {
        return std::make_shared<const Place>(Place{place->sequence, index, count, place->after});
    };
    if (place->count < element.most && element.rule == Grammar::Element::no_rule) reached.before_bytes.push_back(place);
    if (place->count < element.most && element.rule != Grammar::Element::no_rule) {
        const PlacePointer after = at(place->index, place->counted());
        for (const Grammar::Sequence& way : grammar_->ways(element.rule))
            go_on_from(std::make_shared<const Place>(Place{&way, 0, 0, after}), reached);
    }
    if (place->count >= element.least) go_on_from(at(place->index + 1, 0), reached);
}

bool GrammarState::take(unsigned char byte) {
    Reached reached;
    bool taken = false;
    for (const PlacePointer& place : places_) {
        if (!place->element().bytes.test(byte)) continue;
        taken = true;
        const Place next{place->sequence, place->index, place->counted(), place->after};
        go_on_from(std::make_shared<const Place>(next), reached);
    }
    if (!taken) return false;
    places_ = std::move(reached.before_bytes);
    may_end_ = reached.end;
    return true;
}

bool GrammarState::take(std::string_view bytes) {
    GrammarState reached = *this;
    for (const char c : bytes) {
        if (!reached.take(static_cast<unsigned char>(c))) return false;
    }
    *this = std::move(reached);
    return true;
}

ByteSet GrammarState::next() const {
    ByteSet bytes;
    for (const PlacePointer& place : places_)
        bytes |= place->element().bytes;
    return bytes;
}

}  // namespace bitnet::serve
