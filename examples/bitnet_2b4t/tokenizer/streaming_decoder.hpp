#pragma once

#include <string>
#include <string_view>

namespace bitnet {

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

}  // namespace bitnet
