#include "composition.hpp"

#include <algorithm>
#include <array>
#include <bitnet/tokenizer.hpp>
#include <cstdio>
#include <iterator>
#include <utility>
#include <vector>

#include <program/io/utf8.hpp>
#include "composition_data.hpp"

namespace bitnet {

using namespace program;
namespace {

// Hangul syllables are made of two or three letters by arithmetic.
constexpr char32_t syllables = 0xac00, leads = 0x1100, vowels = 0x1161, tails = 0x11a7;
constexpr char32_t lead_count = 19, vowel_count = 21, tail_count = 28;

bool is_syllable(char32_t c) {
    return c >= syllables && c < syllables + lead_count * vowel_count * tail_count;
}

/// The entry of a table of ranges that a character is in; its end where in none.
template <class Table>
auto range_of(const Table& table, char32_t c) {
    const auto found =
        std::partition_point(std::begin(table), std::end(table), [c](auto& one) { return one.last < c; });
    return found != std::end(table) && found->first <= c ? found : std::end(table);
}

int class_of(char32_t c) {
    const auto found = range_of(combining_classes, c);
    return found == std::end(combining_classes) ? 0 : found->value;
}

void decompose(char32_t c, std::u32string& to) {
    if (is_syllable(c)) {
        const char32_t index = c - syllables, tail = index % tail_count;
        to += {leads + index / tail_count / vowel_count, vowels + index / tail_count % vowel_count};
        if (tail != 0) to += tails + tail;
        return;
    }
    const auto found = std::partition_point(std::begin(compositions), std::end(compositions),
                                            [c](const Composition& one) { return one.whole < c; });
    if (found == std::end(compositions) || found->whole != c) {
        to += c;
        return;
    }
    decompose(found->first, to);
    to += found->second;  // which has no parts
}

std::pair<char32_t, char32_t> parts_of(const Composition& one) {
    return {one.first, one.second};
}

/// 0 where two characters don't compose.
char32_t compose(char32_t first, char32_t second) {
    if (first - leads < lead_count && second - vowels < vowel_count)
        return syllables + ((first - leads) * vowel_count + (second - vowels)) * tail_count;
    if (is_syllable(first) && (first - syllables) % tail_count == 0 && second - tails - 1 < tail_count - 1)
        return first + (second - tails);
    static const auto by_parts = [] {
        auto all = std::to_array(compositions);
        std::sort(all.begin(), all.end(), [](auto& a, auto& b) { return parts_of(a) < parts_of(b); });
        return all;
    }();
    const auto parts = std::pair(first, second);
    const auto found = std::partition_point(by_parts.begin(), by_parts.end(),
                                            [&](const Composition& one) { return parts_of(one) < parts; });
    return found == by_parts.end() || parts_of(*found) != parts ? 0 : found->whole;
}

/// Marks in the order of their classes.
void sort_marks(std::u32string& text) {
    for (auto begin = text.begin(); begin != text.end();) {
        const auto is_mark = [](char32_t c) { return class_of(c) != 0; };
        begin = std::find_if(begin, text.end(), is_mark);
        const auto end = std::find_if_not(begin, text.end(), is_mark);
        std::vector<std::pair<int, char32_t>> marks;
        std::array<std::size_t, 256> places{};  // of the first of each class
        for (auto mark = begin; mark != end; ++mark) {
            marks.emplace_back(class_of(*mark), *mark);
            ++places[static_cast<std::size_t>(marks.back().first) + 1];
        }
        for (std::size_t i = 1; i < places.size(); ++i)
            places[i] += places[i - 1];
        for (const auto& [own, mark] : marks)
            begin[static_cast<std::ptrdiff_t>(places[static_cast<std::size_t>(own)]++)] = mark;
        begin = end;
    }
}

std::u32string recomposed(const std::u32string& text) {
    std::u32string to;
    std::size_t starter = std::u32string::npos;
    int last = -1;  // the class of what stands behind the starter; -1: nothing
    for (const char32_t c : text) {
        const int own = class_of(c);
        const bool free = starter != to.npos && (last == -1 || (last != 0 && last < own));
        if (const char32_t whole = free ? compose(to[starter], c) : 0; whole != 0) {
            to[starter] = whole;
            continue;
        }
        if (own == 0) starter = to.size();
        last = own == 0 ? -1 : own;
        to += c;
    }
    return to;
}

char32_t code_of(std::string_view character) {
    const auto lead = static_cast<unsigned char>(character[0]);
    char32_t c = character.size() == 1 ? lead : lead & (0xffU >> (character.size() + 1));
    for (const char next : character.substr(1))
        c = c << 6 | (static_cast<unsigned char>(next) & 0x3fU);
    return c;
}

void append(std::string& text, char32_t c) {
    const int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    constexpr unsigned leads_of[] = {0, 0xc0, 0xe0, 0xf0};
    text += static_cast<char>(leads_of[more] | (c >> (6 * more)));
    for (int i = more - 1; i >= 0; --i)
        text += static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3f));
}

std::string composed_run(std::string_view run) {
    std::u32string parts;
    while (!run.empty()) {
        const std::size_t length = utf8_step(run).length;
        const char32_t c = code_of(run.substr(0, length));
        if (range_of(excluded, c) != std::end(excluded)) {
            char name[16];
            std::snprintf(name, sizeof name, "U+%04X", static_cast<unsigned>(c));
            throw UnsupportedText(std::string("expected text in Unicode's normal form C, found ") + name);
        }
        decompose(c, parts);
        run.remove_prefix(length);
    }
    sort_marks(parts);
    std::string text;
    for (const char32_t c : recomposed(parts))
        append(text, c);
    return text;
}

}  // namespace

std::string composed(std::string_view text) {
    // Nothing below U+0300, whose first byte in UTF-8 is 0xcc, changes or makes others change.
    if (std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0xcc; }))
        return std::string(text);
    std::string all;
    while (!text.empty()) {
        const std::size_t broken = utf8_run(text, false);
        all += text.substr(0, broken);
        text.remove_prefix(broken);
        const std::string_view run = text.substr(0, utf8_run(text, true));
        all += composed_run(run);
        text.remove_prefix(run.size());
    }
    return all;
}

}  // namespace bitnet
