#pragma once

#include <functional>
#include <span>
#include <vector>

#include "session.hpp"

namespace bitnet::cli {

/// The natural logarithms of the probabilities of tokens `first` (at least 1) and following, each after all before it.
/// What the session holds already of `tokens` isn't computed again. `between` is called between batches and may throw,
/// to give up. Throws std::runtime_error where a logit isn't a finite number.
std::vector<double> log_probabilities(Session& session, std::span<const int> tokens, std::size_t first,
                                      const std::function<void()>& between = {});

/// The mean of some numbers, and its standard error as if they were independent.
struct Mean {
    double value = 0;
    double error = 0;
};
Mean mean_of(std::span<const double> numbers);

}  // namespace bitnet::cli
