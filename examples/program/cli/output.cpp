#include "output.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "../io/file_error.hpp"

namespace program {
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

void write_output(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EPIPE) throw ReaderGone();
        if (written < 0) throw FileError("standard output", joined("cannot be written: ", std::strerror(errno)));
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

bool output_is_terminal() {
    return ::isatty(STDOUT_FILENO) == 1;
}

std::string formatted(const char* format, ...) {
    std::va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    std::string text(static_cast<std::size_t>(std::vsnprintf(nullptr, 0, format, arguments)), ' ');
    std::vsnprintf(text.data(), text.size() + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

std::size_t columns(int descriptor) {
    winsize size{};
    const bool known = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 10;
    return known ? size.ws_col : std::string::npos;
}

std::string VisibleText::filter(std::string_view text) const {
    std::string out;
    while (!text.empty()) {
        const Utf8Step step = utf8_step(text);
        out += step.kind == Utf8Kind::character ? shown(text.substr(0, step.length), target_) : replacement;
        text.remove_prefix(step.length);
    }
    return out;
}

std::string coloured(int colour, const std::string& text) {
    const char* terminal = std::getenv("TERM");
    const bool shown = ::isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr && terminal != nullptr &&
                       std::string_view(terminal) != "dumb";
    return shown ? "\x1b[" + std::to_string(colour) + "m" + text + "\x1b[0m" : text;
}

Progress::Progress(std::string label) : label_(std::move(label)) {
    constexpr std::size_t label_width = 20;
    label_.resize(label_width, ' ');
}

void Progress::update(std::size_t done, std::size_t total) {
    if (::isatty(STDERR_FILENO) != 1 || total == 0) return;
    // In the last column some terminals begin a new line.
    const std::size_t width = std::min(columns(STDERR_FILENO) - 1, label_.size() + 38);
    const std::size_t bar_width = width - std::min(width, label_.size() + 8);
    const std::size_t filled = done * bar_width / total;
    std::string line = label_ + "[" + std::string(filled, '#') + std::string(bar_width - filled, '.') +
                       formatted("] %3zu %%", done * 100 / total);
    line.resize(std::min(line.size(), width));
    if (line == shown_) return;
    shown_ = std::move(line);
    std::fprintf(stderr, "\r%s", shown_.c_str());
}

Progress::~Progress() {
    if (!shown_.empty()) std::fprintf(stderr, "\r%*s\r", static_cast<int>(shown_.size()), "");
}

}  // namespace program
