#include "file_error.hpp"

#include <cstdio>

#include "utf8.hpp"

namespace program {
namespace {

/// Fit for one line of a terminal, at most `limit` bytes of `text`.
std::string printable(std::string_view text, std::size_t limit) {
    std::string out;
    std::size_t at = 0;
    while (at < text.size()) {
        const Utf8Step step = utf8_step(text.substr(at));
        if (at + step.length > limit) return out + "...";
        const std::string_view character = text.substr(at, step.length);
        at += step.length;
        if (step.kind == Utf8Kind::character && !is_control(character)) {
            out += character;
            continue;
        }
        for (const char c : character) {
            char escaped[5];
            std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
            out += escaped;
        }
    }
    return out;
}

}  // namespace

FileError::FileError(std::string_view file, std::string_view problem)
    : std::runtime_error(joined(printable(file, 4096), ": ", printable(problem, 1000))) {}

std::string in_quotes(std::string_view text) {
    return joined("\"", printable(text, 60), "\"");
}

}  // namespace program
