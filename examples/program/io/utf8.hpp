#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace program {

/// What stands at the beginning of some bytes. `partial` is the beginning of a character whose rest is missing.
enum class Utf8Kind { character, partial, broken };

struct Utf8Step {
    Utf8Kind kind;
    std::size_t length;  // at least 1
};

/// Looks at the first character of `text`, which must not be empty. Surrogates, overlong forms and what lies above
/// U+10FFFF are broken.
Utf8Step utf8_step(std::string_view text);

/// The length of the run of valid UTF-8 (or of bytes that are none) at the beginning of `text`.
std::size_t utf8_run(std::string_view text, bool valid);

/// Whether a character, in UTF-8, is a control character: it could steer a terminal.
bool is_control(std::string_view character);

/// Without white space at both ends.
std::string trimmed(std::string_view text);

/// Holds back the beginning of a UTF-8 character until the rest has come, so that a terminal sees whole characters
/// only. Bytes that can't become a character any more pass through unchanged.
class StreamingDecoder {
 public:
    /// The bytes that are complete after `piece` has come.
    std::string put(std::string_view piece);
    /// What was held back, at the end of an answer.
    std::string finish();

 private:
    std::string held_;
};

}  // namespace program
