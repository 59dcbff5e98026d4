#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <program/io/utf8.hpp>

namespace bitnet::serve {

/// Generated text as it may be sent: in whole UTF-8 characters, U+FFFD for bytes that are none, and nothing of a stop
/// string, however its bytes are spread over pieces. What may become one is held back.
class TextStream {
 public:
    /// Empty stop strings count for nothing.
    explicit TextStream(std::vector<std::string> stops);

    /// What can be sent after a piece has come. After a stop string, nothing more comes.
    std::string put(std::string_view piece);
    /// What was held back, at the end.
    std::string finish();
    bool stopped() const { return stopped_; }

 private:
    std::string release(std::size_t bytes);

    std::vector<std::string> stops_;
    std::string held_;
    program::StreamingDecoder characters_;
    bool stopped_ = false;
};

/// The text with U+FFFD for each run of bytes that are no UTF-8.
std::string valid_utf8(std::string_view text);

}  // namespace bitnet::serve
