#pragma once

#include <string>
#include <vector>

#include "measure.hpp"

namespace compare {

/// The lines of the table, for reading: a head, and one for each packing.
std::string table_head(const std::vector<Regime>& regimes);
std::string table_line(const Comparison& packing);

/// All figures, in units without prefix.
std::string csv(const std::vector<Comparison>& packings, const std::vector<Regime>& regimes);

/// The chart (chart.cpp); `machine` says below it what was measured on.
std::string chart(const std::vector<Comparison>& packings, const std::vector<Regime>& regimes,
                  const std::string& machine);

}  // namespace compare
