#include "printable_bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include <program/io/utf8.hpp>

namespace bitnet {

using namespace program;
namespace {

/// Of each byte.
constexpr auto characters = [] {
    std::array<std::size_t, 256> all{};
    std::size_t next = 0x100;
    for (std::size_t byte = 0; byte < 256; ++byte) {
        const bool itself = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);
        all[byte] = itself ? byte : next++;
    }
    return all;
}();

/// Of each character: -1 where it stands for none.
constexpr auto bytes_of = [] {
    std::array<int, 256 + 68> bytes{};  // 68 bytes don't stand for themselves
    bytes.fill(-1);
    for (std::size_t byte = 0; byte < 256; ++byte)
        bytes[characters[byte]] = static_cast<int>(byte);
    return bytes;
}();

/// The byte of a character in UTF-8, of one or two bytes; a longer one stands for none.
int byte_of(std::string_view character) {
    std::size_t number = static_cast<unsigned char>(character[0]);
    if (character.size() == 2) number = (number & 0x1f) << 6 | (static_cast<unsigned char>(character[1]) & 0x3f);
    return character.size() > 2 || number >= bytes_of.size() ? -1 : bytes_of[number];
}

}  // namespace

std::string to_printable(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        const std::size_t character = characters[static_cast<unsigned char>(c)];
        if (character >= 0x80) text += static_cast<char>(0xc0 | character >> 6);
        text += static_cast<char>(character < 0x80 ? character : 0x80 | (character & 0x3f));
    }
    return text;
}

std::optional<std::string> from_printable(std::string_view text) {
    std::string bytes;
    while (!text.empty()) {
        const Utf8Step step = utf8_step(text);
        const int byte = step.kind == Utf8Kind::character ? byte_of(text.substr(0, step.length)) : -1;
        if (byte < 0) return std::nullopt;
        bytes += static_cast<char>(byte);
        text.remove_prefix(step.length);
    }
    return bytes;
}

}  // namespace bitnet
