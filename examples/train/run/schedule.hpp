#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "../model/recipe.hpp"

namespace train {

/// The two stages of the 2B4T report (arXiv 2504.12285, on pre-training). The first warms up to a high peak and falls
/// along a cosine of the whole run, with weight decay along a cosine of its own; then the rate drops at once to a much
/// lower peak, from which it falls along a second cosine, and weight decay is `second_decay`, none. A run whose first
/// stage is all of it has one cosine.
struct Schedule {
    explicit Schedule(const Recipe& recipe) : recipe_(recipe), second_(recipe.second_stage()) {}

    float rate(std::size_t step) const {
        const double warm = std::min(1.0, static_cast<double>(step + 1) / warm_up());
        const bool first = step < second_;
        const double peak = static_cast<double>(first ? recipe_.peak_rate : recipe_.second_rate);
        const double at = first ? share(step, 0, recipe_.steps) : share(step, second_, recipe_.steps);
        return static_cast<float>(peak * warm * (least + (1 - least) * cosine(at)));
    }
    float weight_decay(std::size_t step) const {
        if (step >= second_) return recipe_.second_decay;
        return recipe_.weight_decay * static_cast<float>(cosine(share(step, 0, second_)));
    }

 private:
    static constexpr double least = 0.01;  // of the peak, at the end
    double warm_up() const { return std::max(1.0, static_cast<double>(recipe_.steps) * recipe_.warm_up); }
    static double share(std::size_t step, std::size_t begin, std::size_t end) {
        return static_cast<double>(step - begin) / static_cast<double>(end - begin);
    }
    static double cosine(double at) { return 0.5 * (1 + std::cos(std::numbers::pi * at)); }

    Recipe recipe_;
    std::size_t second_;
};

}  // namespace train
