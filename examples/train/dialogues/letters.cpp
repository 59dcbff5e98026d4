// Spelling and counting letters of words that are made up, so that only the letters help:
//   Spell "banana"                      b a n a n a
//   How many n's are in "banana"?       b0 a0 n1 a1 n2 a2, so 2
//   How many letters are in "banana"?   b1 a2 n3 a4 n5 a6, so 6
#include <algorithm>
#include <array>
#include <string_view>

#include "exchange.hpp"
#include "numbers.hpp"

namespace train {

namespace {

constexpr std::string_view consonants = "bcdfghjklmnpqrstvwxyz", vowels = "aeiou";

std::string word(Random& random) {
    std::string word;
    const int length = random.between(2, 9);
    while (static_cast<int>(word.size()) < length) {
        // As words go, mostly; sometimes letters as they come.
        const bool vowel =
            random.one_in(4) ? random.one_in(2) : !word.empty() && vowels.find(word.back()) == std::string_view::npos;
        word += random.one_in(12) && !word.empty() ? word.back() : random.among(vowel ? vowels : consonants);
    }
    return word;
}

std::string quoted(const std::string& word) {
    return '"' + word + '"';
}

std::string spaced(const std::string& word) {
    std::string letters;
    for (const char c : word)
        letters += letters.empty() ? std::string(1, c) : std::string(" ") + c;
    return letters;
}

/// Each letter with how many there are up to it.
template <class Counts>
std::string counted(const std::string& word, Counts&& counts) {
    std::string steps;
    int count = 0;
    for (const char c : word) {
        count += counts(c) ? 1 : 0;
        steps += (steps.empty() ? "" : " ") + std::string(1, c) + text(count);
    }
    return steps + ", so " + text(count);
}

}  // namespace

Exchange ask_spelling(Random& random) {
    const std::string it = word(random), key = "spell " + it;
    switch (random.below(4)) {
        case 0:
            return {"Spell " + quoted(it) + " backwards", spaced({it.rbegin(), it.rend()}), key};
        case 1:
            return {"How do you spell " + quoted(it) + "?", spaced(it), key};
        default:
            return {"Spell " + quoted(it), spaced(it), key};
    }
}

Exchange ask_letters(Random& random) {
    const std::string it = word(random);
    if (random.one_in(3)) {
        return {"How many letters are in " + quoted(it) + "?", counted(it, [](char) { return true; }), "letters " + it};
    }
    const char letter = random.one_in(8) ? random.among(random.one_in(2) ? vowels : consonants) : random.among(it);
    return {"How many " + std::string(1, letter) + "'s are in " + quoted(it) + "?",
            counted(it, [&](char c) { return c == letter; }), "letters " + it + " " + letter};
}

}  // namespace train
