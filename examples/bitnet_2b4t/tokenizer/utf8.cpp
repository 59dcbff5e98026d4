#include "utf8.hpp"

namespace bitnet {
namespace {

struct Lead {
    std::size_t length;  // 0 for a byte that begins no character
    unsigned char low;   // the range of the second byte, which rules out overlong forms and surrogates
    unsigned char high;
};

Lead lead_of(unsigned char byte) {
    if (byte < 0x80) return {1, 0, 0};
    if (byte < 0xc2) return {0, 0, 0};
    if (byte < 0xe0) return {2, 0x80, 0xbf};
    if (byte < 0xf0)
        return {3, static_cast<unsigned char>(byte == 0xe0 ? 0xa0 : 0x80),
                static_cast<unsigned char>(byte == 0xed ? 0x9f : 0xbf)};
    if (byte < 0xf5)
        return {4, static_cast<unsigned char>(byte == 0xf0 ? 0x90 : 0x80),
                static_cast<unsigned char>(byte == 0xf4 ? 0x8f : 0xbf)};
    return {0, 0, 0};
}

}  // namespace

Utf8Step utf8_step(std::string_view text) {
    const Lead lead = lead_of(static_cast<unsigned char>(text[0]));
    if (lead.length == 0) return {Utf8Kind::broken, 1};
    for (std::size_t i = 1; i < lead.length; ++i) {
        if (i == text.size()) return {Utf8Kind::partial, i};
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool follows = i == 1 ? byte >= lead.low && byte <= lead.high : byte >= 0x80 && byte <= 0xbf;
        if (!follows) return {Utf8Kind::broken, i};
    }
    return {Utf8Kind::character, lead.length};
}

std::size_t utf8_run(std::string_view text, bool valid) {
    std::size_t at = 0;
    while (at < text.size()) {
        const Utf8Step step = utf8_step(text.substr(at));
        if ((step.kind == Utf8Kind::character) != valid) break;
        at += step.length;
    }
    return at;
}

}  // namespace bitnet
