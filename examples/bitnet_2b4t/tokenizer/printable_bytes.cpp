#include "printable_bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "utf8.hpp"

namespace bitnet {
namespace {

constexpr std::size_t characters = 0x144;  // 256 + the 68 bytes that don't stand for themselves

struct Tables {
    std::array<std::string, 256> texts;
    std::array<int, characters> bytes;

    Tables() {
        bytes.fill(-1);
        std::size_t next = 0x100;
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const bool itself = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);
            const std::size_t character = itself ? byte : next++;
            bytes[character] = static_cast<int>(byte);
            texts[byte] = encoded(character);
        }
    }

    static std::string encoded(std::size_t character) {
        if (character < 0x80) return {static_cast<char>(character)};
        return {static_cast<char>(0xc0 | character >> 6), static_cast<char>(0x80 | (character & 0x3f))};
    }
};

const Tables& tables() {
    static const Tables tables;
    return tables;
}

/// The number of a character of one or two bytes; a longer one stands for no byte.
std::size_t number_of(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first;
    if (character.size() > 2) return characters;
    return (first & 0x1fu) << 6 | (static_cast<unsigned char>(character[1]) & 0x3fu);
}

}  // namespace

std::string to_printable(std::string_view bytes) {
    std::string text;
    for (const char c : bytes)
        text += tables().texts[static_cast<unsigned char>(c)];
    return text;
}

std::optional<std::string> from_printable(std::string_view text) {
    std::string bytes;
    while (!text.empty()) {
        const Utf8Step step = utf8_step(text);
        const std::size_t character =
            step.kind == Utf8Kind::character ? number_of(text.substr(0, step.length)) : characters;
        const int byte = character < characters ? tables().bytes[character] : -1;
        if (byte < 0) return std::nullopt;
        bytes += static_cast<char>(byte);
        text.remove_prefix(step.length);
    }
    return bytes;
}

void add_printable_merge(Vocabulary& vocabulary, const TokenIndex& index, std::string_view left, std::string_view right,
                         std::size_t rank) {
    const auto left_bytes = from_printable(left);
    const auto right_bytes = from_printable(right);
    if (!left_bytes || !right_bytes) return;
    const Merge merge{index.find(*left_bytes), index.find(*right_bytes), index.find(*left_bytes + *right_bytes),
                      static_cast<std::uint32_t>(rank)};
    if (merge.left >= 0 && merge.right >= 0 && merge.merged >= 0) vocabulary.merges.push_back(merge);
}

}  // namespace bitnet
