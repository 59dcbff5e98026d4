#pragma once

#include <array>
#include <span>
#include <string_view>

#include "token_work.hpp"

namespace bitnet {

/// What operations cost in circuits of one kind, as published; docs/energy.md names the source of each number.
struct Technology {
    std::string_view name;                                     // "45 nm"
    std::array<double, operation_kinds> operation_picojoules;  // in the order of Operation
    double dram_least, dram_most;                              // picojoules to read 64 bits from DRAM

    double of(Operation kind) const { return operation_picojoules[static_cast<std::size_t>(kind)]; }
};

std::span<const Technology> technologies();

/// Joules, an estimate: counts times what one costs. Nothing else is in it: no instructions, caches, wires or idling.
struct Energy {
    double arithmetic = 0, dram_least = 0, dram_most = 0;
};
Energy estimate(const Work& work, const Technology& technology);

}  // namespace bitnet
