#pragma once

#include <cstddef>
#include <string>
#include <ternion/core/shape.hpp>
#include <vector>

#include "packings.hpp"
#include "rivals/rival.hpp"

namespace compare {

/// A multiplication as engines do it: M tokens, and where the weights come from.
struct Regime {
    std::string name;        // as the chart says it
    std::string short_name;  // as table and CSV do
    std::size_t tokens;
    bool from_dram;  // distinct copies; otherwise the same one
    ternion::Shape shape;
};

/// One token from DRAM (6912 x 2560) and in cache (2560 x 2560), and 16 and 128 tokens.
std::vector<Regime> usual_regimes();
/// Each of these shapes with each of these numbers of tokens; fewer than 16 with weights from DRAM.
std::vector<Regime> regimes_of(const std::vector<ternion::Shape>& shapes, const std::vector<std::size_t>& tokens);

/// Medians of several runs; the share is that of the machine's limit, measured in between.
struct Rate {
    double macs_per_second = 0;
    double share_of_limit = 0;
};

/// What is known of one packing, or of another library, which has no conversions here. Conversions count weights per
/// second, on one thread.
struct Comparison {
    std::string name;
    std::string kernel;  // kernel path and backend, or "rival"
    double bits_per_weight = 0;
    std::size_t model_bytes = 0;  // the ternary layers of BitNet b1.58 2B4T
    std::vector<Rate> rates;      // one for each regime
    double pack = 0;
    double unpack = 0;
    double from_i2s = 0;
    double to_i2s = 0;
    bool exact = false;  // of a packing; a rival has passed its own check

    [[nodiscard]] bool is_rival() const { return kernel == "rival"; }
};

/// Measures one packing on so many threads.
Comparison measure(const bench::BenchedPacking& packing, const std::vector<Regime>& regimes, int threads);
/// Another library, whose results are checked as ternion-bench checks them: a wrong one ends the program.
Comparison measure(const bench::RivalLibrary& library, const std::vector<Regime>& regimes, int threads);

}  // namespace compare
