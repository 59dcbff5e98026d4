#pragma once

#include <string>
#include <string_view>

#include "../tokenizer/utf8.hpp"

namespace bitnet::cli {

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

    std::string put(std::string_view piece) { return filter(decoder_.put(piece)); }
    /// What was held back at the end of an answer.
    std::string finish() { return filter(decoder_.finish()); }

 private:
    std::string filter(std::string_view text) const;

    TextTarget target_;
    StreamingDecoder decoder_;
};

}  // namespace bitnet::cli
