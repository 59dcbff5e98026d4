#pragma once

#include <bitset>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace bitnet::serve {

using ByteSet = std::bitset<256>;

/// Bytes `first` to `last`, both included.
ByteSet bytes_between(unsigned char first, unsigned char last);

/// A context-free grammar over bytes. Rule 0 is where a text begins. A rule that an element repeats must not match the
/// empty text, and none may begin with itself.
class Grammar {
 public:
    static constexpr std::uint32_t unlimited = std::numeric_limits<std::uint32_t>::max();

    /// A byte of a set, or a rule, `least` to `most` times.
    struct Element {
        ByteSet bytes = {};
        std::uint32_t least = 1, most = 1;
        std::size_t rule = no_rule;

        static constexpr std::size_t no_rule = static_cast<std::size_t>(-1);
    };
    using Sequence = std::vector<Element>;

    /// A new rule, without a way to match it.
    std::size_t add_rule();
    /// One more way to match a rule.
    void add(std::size_t rule, Sequence sequence);
    /// A new rule that matches any of these.
    std::size_t add_rule(std::vector<Sequence> sequences);

    static Element one_of(const ByteSet& bytes, std::uint32_t least = 1, std::uint32_t most = 1) {
        return {bytes, least, most};
    }
    static Element match(std::size_t rule, std::uint32_t least = 1, std::uint32_t most = 1) {
        return {{}, least, most, rule};
    }
    /// Appends the bytes of a text.
    static void append(Sequence& sequence, std::string_view text);

    /// Whether a rule may begin with itself: such a grammar can't be used.
    bool is_left_recursive() const;

    const std::vector<Sequence>& ways(std::size_t rule) const { return rules_[rule]; }

 private:
    std::vector<bool> empty_rules() const;

    std::vector<std::vector<Sequence>> rules_;
};

/// A text that is being written within a grammar: all ways in which its bytes so far can be read. However many those
/// are, what is kept grows with the grammar and with how deep the text is nested. Copies are cheap.
class GrammarState {
 public:
    /// `grammar` must outlive it, and not change.
    explicit GrammarState(const Grammar& grammar);

    /// Behind these bytes; nothing where no text of the grammar goes on so. `work` grows by what was looked at for it.
    std::optional<GrammarState> after(std::string_view bytes, std::size_t& work) const;
    /// Goes on by these bytes. False, with nothing changed, where no text of the grammar does.
    bool take(std::string_view bytes);
    /// Whether the text is whole.
    bool may_end() const { return may_end_; }
    /// Whether nothing can follow.
    bool must_end() const { return places_.empty(); }
    /// Bytes that may come next.
    ByteSet next() const;

 private:
    struct Call;
    /// What is to be matched next: an element of a sequence that has come `count` times, in a call of the sequence's
    /// rule; null: of the first.
    struct Place {
        const Grammar::Sequence* sequence;
        std::size_t index;
        std::uint32_t count;
        std::shared_ptr<Call> call;

        auto operator<=>(const Place&) const = default;
        const Grammar::Element& element() const { return (*sequence)[index]; }
        Place once_more() const;
    };
    class Reached;

    GrammarState(const Grammar& grammar, Reached reached);
    std::optional<GrammarState> after(unsigned char byte, std::size_t& work) const;

    const Grammar* grammar_;
    std::vector<Place> places_;  // each before a byte
    bool may_end_ = false;
};

}  // namespace bitnet::serve
