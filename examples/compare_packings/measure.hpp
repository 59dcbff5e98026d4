#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "packings.hpp"

namespace compare {

/// A multiplication as engines do it: M tokens, and where the weights come from.
struct Regime {
    const char* name;        // as the chart says it
    const char* short_name;  // as table and CSV do
    std::size_t tokens;
    bool from_dram;  // 6912 x 2560, distinct copies; otherwise 2560 x 2560, the same one
};

inline constexpr std::array<Regime, 4> regimes{{{"GEMV from DRAM", "gemv dram", 1, true},
                                                {"GEMV in cache", "gemv cache", 1, false},
                                                {"GEMM, 16 tokens", "gemm 16", 16, false},
                                                {"GEMM, 128 tokens", "gemm 128", 128, false}}};

/// Medians of several runs; the share is that of the machine's limit, measured in between.
struct Rate {
    double macs_per_second = 0;
    double share_of_limit = 0;
};

/// What is known of one packing. Conversions count weights per second, on one thread.
struct Comparison {
    std::string name;
    std::string kernel;  // kernel path and backend
    double bits_per_weight = 0;
    std::size_t model_bytes = 0;  // the ternary layers of BitNet b1.58 2B4T
    std::array<Rate, regimes.size()> rates{};
    double pack = 0;
    double unpack = 0;
    double from_i2s = 0;
    double to_i2s = 0;
    bool exact = false;
};

/// Measures one packing on so many threads.
Comparison measure(const bench::BenchedPacking& packing, int threads);

}  // namespace compare
