#pragma once

#include <cstddef>

#include "memory.hpp"

namespace bench {

/// How much was done in how much time, added up.
struct Amount {
    double done = 0;
    double seconds = 0;

    [[nodiscard]] double rate() const noexcept { return seconds > 0 ? done / seconds : 0; }
    Amount& operator+=(const Amount& other) noexcept {
        done += other.done;
        seconds += other.seconds;
        return *this;
    }
};

/// The fastest plain read of this memory that we know: each thread streams its own contiguous part, over and over until
/// `seconds` have passed, and at least once. Counts bytes.
Amount read_memory(const Copies& memory, int threads, double seconds);

/// Independent int8 dot products of registers, on all threads for some seconds. Counts multiplications with addition.
Amount multiply_registers(int threads, double seconds);

}  // namespace bench
