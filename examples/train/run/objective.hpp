#pragma once

#include <cstddef>
#include <vector>

#include "../model/network.hpp"

namespace train {

/// What a batch adds to the objective, and the factor of each sequence's cross entropy in its gradient.
struct Objective {
    double sum = 0;
    std::vector<float> factors;
    std::size_t right = 0;  // pairs whose chosen answer is preferred more than by the reference model
};

/// Cross entropy or, for a batch of pairs, direct preference optimisation (arXiv 2305.18290, equation 7):
///   -log sigmoid(beta · ((log p(chosen) - log p_ref(chosen)) - (log p(rejected) - log p_ref(rejected))))
/// The gradient's factors are multiplied by `scale`, the sum isn't.
Objective objective_of(const Batch& batch, const Loss& loss, double scale, double beta);

}  // namespace train
