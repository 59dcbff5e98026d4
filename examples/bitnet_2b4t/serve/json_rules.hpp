#pragma once

#include <initializer_list>
#include <string_view>

#include "grammar.hpp"

namespace bitnet::serve {

/// Rules that any JSON is made of, and what composes them.
class JsonRules {
 public:
    using Sequence = Grammar::Sequence;

    /// Adds the rules. Rule 0, the start, is left to the caller.
    explicit JsonRules(Grammar& grammar);

    /// A part of a sequence: a byte, or an element.
    struct Part : Grammar::Element {
        Part(char byte);
        Part(const Element& element) : Element(element) {}
    };
    static Sequence sequence(std::initializer_list<Part> parts) { return {parts.begin(), parts.end()}; }
    static Sequence text(std::string_view bytes);
    Part gap() const { return Grammar::match(space); }

    /// '[' and items, of which the first and the others are as `item`, and ']'.
    Sequence list(std::size_t item, std::uint32_t least, std::uint32_t most);
    /// An object of any members with values of a rule.
    Sequence map(std::size_t of);

    std::size_t space = 0, character = 0, string = 0, integer = 0, number = 0, value = 0, object = 0, array = 0;

 private:
    void add_space();
    void add_characters();
    void add_numbers();
    void add_containers();

    Grammar& grammar_;
};

}  // namespace bitnet::serve
