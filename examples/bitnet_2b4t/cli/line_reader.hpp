#pragma once

#include <optional>
#include <string>

namespace bitnet::cli {

/// Lines of standard input, read so that Ctrl-C is noticed while it waits.
class LineReader {
 public:
    enum class Result { line, end, interrupted };

    /// Sets `line`, without its line feed. A last line without one counts.
    Result next(std::string& line);

 private:
    std::string unread_;
    bool ended_ = false;
};

}  // namespace bitnet::cli
