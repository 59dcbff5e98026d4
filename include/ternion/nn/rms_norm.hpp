#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../core/config.hpp"
#include "../core/executor.hpp"
#include "norm.hpp"

namespace ternion {

inline namespace TERNION_ABI {

/// y = x / sqrt(mean(x^2) + eps) * weight for one token of n channels; y may be x.
inline void rms_normalise(const float* x, const float* weight, std::size_t n, float eps, float* y) noexcept {
    // Thirty-two sums side by side: the same order everywhere, and no chain of additions that each wait for the last.
    constexpr std::size_t lanes = 32;
    double sums[lanes] = {};
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        for (std::size_t j = 0; j < lanes; ++j)
            sums[j] += static_cast<double>(x[i + j]) * static_cast<double>(x[i + j]);
    }
    for (; i < n; ++i)
        sums[0] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    double sum = 0;
    for (const double part : sums)
        sum += part;
    const auto factor = static_cast<float>(1.0 / std::sqrt(sum / static_cast<double>(n) + static_cast<double>(eps)));
    for (i = 0; i < n; ++i)
        y[i] = x[i] * factor * weight[i];
}

}  // namespace TERNION_ABI

/// Root mean square normalisation with a weight for each channel: y = x / sqrt(mean(x^2) + eps) * weight, token by
/// token. The mean is summed in double in a fixed order, so the result is the same at any number of threads and on any
/// ISA but for the contraction of products. Source: arXiv 1910.07467.
class RmsNorm {
 public:
    /// One weight a channel, at least one; eps > 0. Throws std::invalid_argument for anything else.
    RmsNorm(std::vector<float> weight, float eps) : weight_(std::move(weight)), eps_(eps) {
        if (weight_.empty() || !(eps > 0)) {
            TERNION_THROW(std::invalid_argument,
                          "RmsNorm: " + std::to_string(weight_.size()) + " weights and eps " + std::to_string(eps));
        }
    }
    RmsNorm(std::span<const float> weight, float eps)
        : RmsNorm(std::vector<float>(weight.begin(), weight.end()), eps) {}

    [[nodiscard]] std::size_t channels() const noexcept { return weight_.size(); }
    [[nodiscard]] std::span<const float> weight() const noexcept { return weight_; }
    [[nodiscard]] float eps() const noexcept { return eps_; }

    /// Normalises one token x[channels] into y; y may be x.
    TERNION_INLINE void normalise(const float* x, float* y) const noexcept {
        rms_normalise(x, weight_.data(), channels(), eps_, y);
    }

    /// Normalises each token of x[M, channels] into y; y may be x. Throws std::invalid_argument for sizes that aren't
    /// whole tokens or differ. The executor splits tokens.
    template <class E = Serial>
    TERNION_INLINE void operator()(std::span<const float> x, std::span<float> y, E&& executor = {}) const {
        normalise_tokens(*this, x, y, executor);
    }

 private:
    std::vector<float> weight_;
    float eps_;
};

}  // namespace ternion
