#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>

#include "../io/utf8.hpp"

namespace program {

/// Whoever read our standard output has closed it: no error, just the end.
struct ReaderGone : std::exception {
    const char* what() const noexcept override { return "standard output was closed"; }
};

/// Writes to standard output at once. Every failure throws FileError, or ReaderGone for a pipe without a reader.
void write_output(std::string_view text);
bool output_is_terminal();

/// Writes JSON and a line feed; what is no UTF-8 in it becomes U+FFFD. `indent` is nlohmann's: -1 for a single line.
template <class Json>
void write_json(const Json& json, int indent = -1) {
    write_output(json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n");
}

/// A text by printf's rules.
[[gnu::format(printf, 1, 2)]] std::string formatted(const char* format, ...);

/// The width of the terminal that a descriptor is; no limit elsewhere.
std::size_t columns(int descriptor);

/// Where generated text goes, and so what of it may pass. Bytes that are no UTF-8 become U+FFFD everywhere.
enum class TextTarget {
    file,      // every character
    terminal,  // no control character but line feed and tab: a model could otherwise steer the terminal
    line,      // one line: each control character and line separator becomes a space
};

/// A stream of token pieces as whole, harmless UTF-8 characters.
class VisibleText {
 public:
    explicit VisibleText(TextTarget target) : target_(target) {}
    /// For standard output.
    VisibleText() : VisibleText(output_is_terminal() ? TextTarget::terminal : TextTarget::file) {}

    std::string put(std::string_view piece) { return filter(decoder_.put(piece)); }
    /// What was held back at the end of an answer.
    std::string finish() { return filter(decoder_.finish()); }

 private:
    std::string filter(std::string_view text) const;

    TextTarget target_;
    StreamingDecoder decoder_;
};

/// `text`, which is for standard error, in colour 1 (bold), 2 (dim) and so on, where that is a terminal that shows it
/// and NO_COLOR isn't set.
std::string coloured(int colour, const std::string& text);

/// A bar on standard error, where that is a terminal; elsewhere nothing. It takes at most 58 columns, and never a
/// second line, is redrawn only when it looks different, and is wiped out by the destructor.
class Progress {
 public:
    explicit Progress(std::string label);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress();

    void update(std::size_t done, std::size_t total);

 private:
    std::string label_;
    std::string shown_;
};

}  // namespace program
