#include "json_rules.hpp"

#include <string>

namespace bitnet::serve {
namespace {

ByteSet byte_set(std::string_view bytes) {
    ByteSet set;
    for (const char c : bytes)
        set.set(static_cast<unsigned char>(c));
    return set;
}

}  // namespace

JsonRules::Part::Part(char byte) : Element(Grammar::one_of(byte_set({&byte, 1}))) {}

JsonRules::JsonRules(Grammar& grammar) : grammar_(grammar) {
    grammar.add_rule();
    add_space();
    add_characters();
    add_numbers();
    string = grammar.add_rule({sequence({'"', Grammar::match(character, 0, Grammar::unlimited), '"'})});
    value = grammar.add_rule();
    add_containers();
    for (const std::string_view word : {"true", "false", "null"}) {
        grammar.add(value, text(word));
    }
    for (const std::size_t rule : {string, number, object, array})
        grammar.add(value, {Grammar::match(rule)});
}

JsonRules::Sequence JsonRules::text(std::string_view bytes) {
    Sequence result;
    Grammar::append(result, bytes);
    return result;
}

JsonRules::Sequence JsonRules::list(std::size_t item, std::uint32_t least, std::uint32_t most) {
    if (most == 0) return sequence({'[', gap(), ']'});
    const std::size_t others = grammar_.add_rule({sequence({',', gap(), Grammar::match(item), gap()})});
    const auto fewer = [](std::uint32_t n) { return n == 0 || n == Grammar::unlimited ? n : n - 1; };
    const std::size_t some =
        grammar_.add_rule({sequence({Grammar::match(item), gap(), Grammar::match(others, fewer(least), fewer(most))})});
    return sequence({'[', gap(), Grammar::match(some, least == 0 ? 0 : 1, 1), ']'});
}

JsonRules::Sequence JsonRules::map(std::size_t of) {
    const std::size_t member =
        grammar_.add_rule({sequence({Grammar::match(string), gap(), ':', gap(), Grammar::match(of), gap()})});
    const std::size_t others = grammar_.add_rule({sequence({',', gap(), Grammar::match(member)})});
    const std::size_t some =
        grammar_.add_rule({sequence({Grammar::match(member), Grammar::match(others, 0, Grammar::unlimited)})});
    return sequence({'{', gap(), Grammar::match(some, 0, 1), '}'});
}

void JsonRules::add_space() {
    space = grammar_.add_rule({{}, sequence({' '}), sequence({'\n', Grammar::one_of(byte_set(" "), 0, 32)})});
}

/// One character of a string: as it is, in well-formed UTF-8, or escaped.
void JsonRules::add_characters() {
    const auto bytes = [](unsigned char first, unsigned char last, std::uint32_t count = 1) {
        return Part(Grammar::one_of(bytes_between(first, last), count, count));
    };
    const ByteSet plain = bytes_between(0x20, 0x7f) & ~byte_set("\"\\\x7f");
    const ByteSet digits = byte_set("0123456789abcdefABCDEF");
    const Part digit = Grammar::one_of(digits);
    // Surrogates come in pairs.
    const ByteSet not_d = digits & ~byte_set("dD");
    character = grammar_.add_rule(
        {sequence({Grammar::one_of(plain)}), sequence({bytes(0xc2, 0xdf), bytes(0x80, 0xbf)}),
         sequence({bytes(0xe0, 0xe0), bytes(0xa0, 0xbf), bytes(0x80, 0xbf)}),
         sequence({bytes(0xe1, 0xec), bytes(0x80, 0xbf, 2)}),
         sequence({bytes(0xed, 0xed), bytes(0x80, 0x9f), bytes(0x80, 0xbf)}),
         sequence({bytes(0xee, 0xef), bytes(0x80, 0xbf, 2)}),
         sequence({bytes(0xf0, 0xf0), bytes(0x90, 0xbf), bytes(0x80, 0xbf, 2)}),
         sequence({bytes(0xf1, 0xf3), bytes(0x80, 0xbf, 3)}),
         sequence({bytes(0xf4, 0xf4), bytes(0x80, 0x8f), bytes(0x80, 0xbf, 2)}),
         sequence({'\\', Grammar::one_of(byte_set("\"\\/bfnrt"))}),
         sequence({'\\', 'u', Grammar::one_of(not_d), Grammar::one_of(digits, 3, 3)}),
         sequence({'\\', 'u', Grammar::one_of(byte_set("dD")), Grammar::one_of(byte_set("01234567")), digit, digit}),
         sequence({'\\', 'u', Grammar::one_of(byte_set("dD")), Grammar::one_of(byte_set("89abAB")), digit, digit, '\\',
                   'u', Grammar::one_of(byte_set("dD")), Grammar::one_of(byte_set("cdefCDEF")), digit, digit})});
}

/// Of so many digits that any reader of JSON keeps them.
void JsonRules::add_numbers() {
    const ByteSet digit = byte_set("0123456789");
    const std::size_t natural = grammar_.add_rule(
        {sequence({'0'}), sequence({Grammar::one_of(byte_set("123456789")), Grammar::one_of(digit, 0, 14)})});
    const Part minus = Grammar::one_of(byte_set("-"), 0, 1);
    integer = grammar_.add_rule({sequence({minus, Grammar::match(natural)})});
    const std::size_t fraction = grammar_.add_rule({sequence({'.', Grammar::one_of(digit, 1, 15)})});
    const std::size_t exponent = grammar_.add_rule({sequence(
        {Grammar::one_of(byte_set("eE")), Grammar::one_of(byte_set("+-"), 0, 1), Grammar::one_of(digit, 1, 2)})});
    number = grammar_.add_rule(
        {sequence({Grammar::match(integer), Grammar::match(fraction, 0, 1), Grammar::match(exponent, 0, 1)})});
}

void JsonRules::add_containers() {
    object = grammar_.add_rule({map(value)});
    array = grammar_.add_rule({list(value, 0, Grammar::unlimited)});
}

}  // namespace bitnet::serve
