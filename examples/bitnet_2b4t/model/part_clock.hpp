#pragma once

#include <bitnet/token_parts.hpp>
#include <chrono>

namespace bitnet {

/// Adds up the time of a token's parts for whoever wants to know. Where nobody does, a part costs a branch.
class PartClock {
 public:
    /// Null: nobody wants to know.
    void report_to(PartTimes* times) { times_ = times; }

    /// A part begins.
    void start() {
        if (times_ != nullptr) last_ = Clock::now();
    }
    /// A part ends, and the next one begins.
    void end(TokenPart part) {
        if (times_ == nullptr) return;
        const Clock::time_point now = Clock::now();
        (*times_)[part] += std::chrono::duration<double>(now - last_).count();
        last_ = now;
    }

 private:
    using Clock = std::chrono::steady_clock;

    PartTimes* times_ = nullptr;
    Clock::time_point last_;
};

}  // namespace bitnet
