#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "../model/recipe.hpp"

namespace train {

/// The two stages of the 2B4T report (arXiv 2504.12285, section 2.2): learning begins at a high rate with weight decay;
/// half way the rate drops, and decay ends. The rate falls along a cosine over both stages, decay along one of the
/// first; to begin with, the rate warms up.
struct Schedule {
    explicit Schedule(const Recipe& recipe) : steps(recipe.steps), peak(recipe.peak_rate), decay(recipe.weight_decay) {}

    float rate(std::size_t step) const {
        const double at = static_cast<double>(step) / static_cast<double>(steps);
        const double warm = std::min(1.0, static_cast<double>(step + 1) / warm_up());
        return static_cast<float>(peak * warm * (at < 0.5 ? 1 : cooled) * (least + (1 - least) * cosine(at)));
    }
    float weight_decay(std::size_t step) const {
        const double at = 2 * static_cast<double>(step) / static_cast<double>(steps);
        return at < 1 ? static_cast<float>(decay * cosine(at)) : 0;
    }

 private:
    static constexpr double cooled = 0.7;  // of the cosine's rate, from the second stage on
    static constexpr double least = 0.01;
    double warm_up() const { return std::max(1.0, static_cast<double>(steps) * 0.03); }
    static double cosine(double at) { return 0.5 * (1 + std::cos(std::numbers::pi * at)); }

    std::size_t steps;
    double peak, decay;
};

}  // namespace train
