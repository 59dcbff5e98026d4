#pragma once

#include <chrono>
#include <cstddef>
#include <span>

namespace program {

class Stopwatch {
 public:
    double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Bytes of memory that this process has for itself: anonymous and shared pages, without those of files, which the
/// system can drop and read again. 0 where the system doesn't tell.
std::size_t memory_in_use();

/// The mean of some numbers, their standard deviation, and the mean's standard error as if they were independent.
struct Mean {
    double value = 0;
    double deviation = 0;
    double error = 0;
};
Mean mean_of(std::span<const double> numbers);

}  // namespace program
