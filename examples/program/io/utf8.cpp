#include "utf8.hpp"

#include <utility>

namespace program {
namespace {

struct Lead {
    std::size_t length;  // 0 for a byte that begins no character
    unsigned char low;   // the range of the second byte, which rules out overlong forms and surrogates
    unsigned char high;
};

Lead lead_of(unsigned char byte) {
    if (byte < 0x80) return {1, 0, 0};
    if (byte < 0xc2 || byte > 0xf4) return {0, 0, 0};
    if (byte < 0xe0) return {2, 0x80, 0xbf};
    Lead lead{byte < 0xf0 ? 3u : 4u, 0x80, 0xbf};
    if (byte == 0xe0) lead.low = 0xa0;
    if (byte == 0xed) lead.high = 0x9f;
    if (byte == 0xf0) lead.low = 0x90;
    if (byte == 0xf4) lead.high = 0x8f;
    return lead;
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

bool is_control(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 1) return first < 0x20 || first == 0x7f;
    return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

std::string StreamingDecoder::put(std::string_view piece) {
    std::string text = std::exchange(held_, {}).append(piece);
    // Only the last three bytes can begin a character that isn't whole.
    for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
        const std::size_t begin = text.size() - back;
        const Utf8Step step = utf8_step(std::string_view(text).substr(begin));
        if (step.kind != Utf8Kind::partial || step.length != back) continue;
        held_ = text.substr(begin);
        text.resize(begin);
        break;
    }
    return text;
}

std::string StreamingDecoder::finish() {
    return std::exchange(held_, {});
}

std::string trimmed(std::string_view text) {
    constexpr std::string_view spaces = " \t\n\v\f\r";
    const auto begin = text.find_first_not_of(spaces);
    if (begin == std::string_view::npos) return {};
    return std::string(text.substr(begin, text.find_last_not_of(spaces) - begin + 1));
}

}  // namespace program
