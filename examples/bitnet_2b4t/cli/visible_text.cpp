#include "visible_text.hpp"

namespace bitnet::cli {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

bool separates_lines(std::string_view character) {
    return character == "\xe2\x80\xa8" || character == "\xe2\x80\xa9";
}

std::string_view shown(std::string_view character, TextTarget target) {
    const bool control = is_control(character);
    if (target == TextTarget::line && (control || separates_lines(character))) return " ";
    if (target == TextTarget::terminal && control && character != "\n" && character != "\t") return replacement;
    return character;
}

}  // namespace

std::string VisibleText::filter(std::string_view text) const {
    std::string out;
    while (!text.empty()) {
        const Utf8Step step = utf8_step(text);
        out += step.kind == Utf8Kind::character ? shown(text.substr(0, step.length), target_) : replacement;
        text.remove_prefix(step.length);
    }
    return out;
}

}  // namespace bitnet::cli
