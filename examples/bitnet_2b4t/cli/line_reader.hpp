#pragma once

#include <string>

#include "interrupt.hpp"

namespace bitnet::cli {

/// Lines of standard input.
class LineReader {
 public:
    enum class Result { line, end, interrupted };

    /// With an `interrupt`, which must outlive it, Ctrl-C ends the wait for a line.
    explicit LineReader(const Interrupt* interrupt = nullptr) : interrupt_(interrupt) {}

    /// Sets `line`, without its line feed. A last line without one counts.
    Result next(std::string& line);

 private:
    const Interrupt* interrupt_;
    std::string unread_;
    bool ended_ = false;
};

}  // namespace bitnet::cli
