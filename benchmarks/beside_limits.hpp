#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <functional>
#include <string>

#include "memory.hpp"

namespace bench {

/// What one turn of a multiplication does, and of what.
struct Work {
    Copies memory;  // the weights: turn i reads copy i, over and over again; no copies: no read limit applies
    double macs = 0;
    double bytes = 0;  // of weights
    double bits_per_weight = 0;
    int threads = 1;
    std::string label;
};

/// Times turns and, in between, the machine's limits with the same threads on the same memory: plain reads of these
/// very bytes, and dot products in registers. So a disturbance hits both, and both are means over the same stretch of
/// time. Sets the counters macs_per_second, bytes_per_second, bits_per_weight, the limits, and share_of_limit: the time
/// that the limits ask for (reads or dot products, whichever takes longer) over the time that a turn took.
void run_beside_limits(benchmark::State& state, const Work& work, const std::function<void(std::size_t copy)>& turn);

/// The counter bytes_per_second, in powers of ten as memory's speed is stated (Google Benchmark's own has powers of
/// two).
void set_bytes_per_second(benchmark::State& state, double bytes);

/// Registers a benchmark by the time that this run goes by.
void add_benchmark(const std::string& name, std::function<void(benchmark::State&)> run);

}  // namespace bench
