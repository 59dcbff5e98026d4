#include "energy.hpp"

namespace bitnet {
namespace {

// int8, int32, F16 and F32 additions; int8, F16 and F32 multiplications. 45 nm: M. Horowitz, "Computing's Energy
// Problem (and what we can do about it)", ISSCC 2014, figure 1.1.9. 7 nm: N. Jouppi et al., "Ten Lessons From Three
// Generations Shaped Google's TPUv4i", ISCA 2021, table 2, with DRAM of the kind DDR4; the papers on BitNet take theirs
// from there.
constexpr Technology all[] = {
    {"45 nm", {0.03, 0.1, 0.4, 0.9, 0.2, 1.1, 3.7}, 1300, 2600},
    {"7 nm", {0.007, 0.03, 0.16, 0.38, 0.07, 0.34, 1.31}, 1300, 1300},
};

}  // namespace

std::span<const Technology> technologies() {
    return all;
}

Energy estimate(const Work& work, const Technology& technology) {
    constexpr double picojoule = 1e-12, bytes_of_access = 8;
    double arithmetic = 0;
    for (std::size_t i = 0; i < operation_kinds; ++i)
        arithmetic += work.operations[i] * technology.operation_picojoules[i];
    const double accesses = work.bytes / bytes_of_access;
    return {arithmetic * picojoule, accesses * technology.dram_least * picojoule,
            accesses * technology.dram_most * picojoule};
}

}  // namespace bitnet
