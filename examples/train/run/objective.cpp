#include "objective.hpp"

#include <algorithm>
#include <cmath>

namespace train {

Objective objective_of(const Batch& batch, const Loss& loss, double scale, double beta) {
    if (batch.reference.empty()) return {loss.sum, std::vector<float>(batch.sequences(), static_cast<float>(scale)), 0};
    Objective objective{0, std::vector<float>(batch.sequences()), 0};
    for (std::size_t chosen = 0; chosen < batch.sequences(); chosen += 2) {
        const std::size_t rejected = chosen + 1;
        const double gained = -loss.of_sequence[chosen] - batch.reference[chosen];
        const double margin = beta * (gained + loss.of_sequence[rejected] + batch.reference[rejected]);
        // log(1 + exp(-margin)), without overflow.
        objective.sum += std::max(-margin, 0.0) + std::log1p(std::exp(-std::fabs(margin)));
        const double slope = beta / (1 + std::exp(margin));
        objective.factors[chosen] = static_cast<float>(scale * slope);
        objective.factors[rejected] = static_cast<float>(-scale * slope);
        objective.right += margin > 0 ? 1 : 0;
    }
    return objective;
}

}  // namespace train
