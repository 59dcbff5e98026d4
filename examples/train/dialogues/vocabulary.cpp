#include "vocabulary.hpp"

#include <algorithm>
#include <bitnet_2b4t/tokenizer/text_splitter.hpp>
#include <map>
#include <string>

#include "../data/byte_vocabulary.hpp"
#include "exchange.hpp"

namespace train {

namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// A word with the space before it, or one that begins a message. Made-up words stand in quotes.
bool is_word(std::string_view piece) {
    const bool spaced = piece.starts_with(' ');
    const std::string_view letters = piece.substr(spaced ? 1 : 0);
    if (letters.size() < 2 || !std::ranges::all_of(letters, is_letter)) return false;
    return spaced || (letters[0] >= 'A' && letters[0] <= 'Z');
}

/// How often each word comes in many dialogues.
std::map<std::string, int> count_words() {
    constexpr int dialogues = 40000;
    std::map<std::string, int> counts;
    const auto count = [&](std::string_view text) {
        bitnet::split_text(text, bitnet::SplitPattern::llama3, [&](std::string_view piece) {
            if (is_word(piece)) ++counts[std::string(piece)];
        });
    };
    Random random(0, 0);
    for (int i = 0; i < dialogues; ++i) {
        const Exchange exchange = ask_any(random);
        count("User: " + exchange.question);
        count("Assistant: " + exchange.answer);
    }
    return counts;
}

}  // namespace

bitnet::Vocabulary dialogue_vocabulary() {
    constexpr int often = 5;
    bitnet::Vocabulary vocabulary;
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        vocabulary.add({&c, 1}, bitnet::TokenKind::text);
    }
    for (const auto& [word, count] : count_words()) {
        if (count >= often) vocabulary.add(word, bitnet::TokenKind::text);
    }
    add_special_tokens(vocabulary);
    return vocabulary;
}

}  // namespace train
