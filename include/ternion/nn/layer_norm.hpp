#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>

#include "../core/config.hpp"
#include "../core/executor.hpp"
#include "norm.hpp"

namespace ternion {

inline namespace TERNION_ABI {

/// y = (x - mean(x)) / sqrt(var(x) + eps) for one token of n channels; y may be x.
inline void layer_normalise(const float* x, std::size_t n, float eps, float* y) noexcept {
    // Sums side by side, in one order everywhere.
    constexpr std::size_t lanes = 32;
    double sums[lanes] = {};
    for (std::size_t i = 0; i < n; ++i)
        sums[i % lanes] += static_cast<double>(x[i]);
    double sum = 0;
    for (const double part : sums)
        sum += part;
    const double mean = sum / static_cast<double>(n);
    double squares[lanes] = {};
    for (std::size_t i = 0; i < n; ++i) {
        const double off = static_cast<double>(x[i]) - mean;
        squares[i % lanes] += off * off;
    }
    sum = 0;
    for (const double part : squares)
        sum += part;
    const double factor = 1.0 / std::sqrt(sum / static_cast<double>(n) + static_cast<double>(eps));
    for (std::size_t i = 0; i < n; ++i)
        y[i] = static_cast<float>((static_cast<double>(x[i]) - mean) * factor);
}

}  // namespace TERNION_ABI

/// Layer normalisation without weights, the norm of BitNet v1: y = (x - mean(x)) / sqrt(var(x) + eps), token by token,
/// in double. The result is the same at any number of threads, and on any ISA but for the contraction of products.
/// Source: arXiv 2310.11453, section 2.1.
class LayerNorm {
 public:
    /// At least one channel, eps > 0. Throws std::invalid_argument for anything else.
    LayerNorm(std::size_t channels, float eps) : channels_(channels), eps_(eps) {
        if (channels == 0 || !(eps > 0)) {
            TERNION_THROW(std::invalid_argument,
                          "LayerNorm: " + std::to_string(channels) + " channels and eps " + std::to_string(eps));
        }
    }

    [[nodiscard]] std::size_t channels() const noexcept { return channels_; }
    [[nodiscard]] float eps() const noexcept { return eps_; }

    /// Normalises one token x[channels] into y; y may be x.
    TERNION_INLINE void normalise(const float* x, float* y) const noexcept { layer_normalise(x, channels_, eps_, y); }

    /// Normalises each token of x[M, channels] into y; y may be x. Throws std::invalid_argument for sizes that aren't
    /// whole tokens or differ. The executor splits tokens.
    template <class E = Serial>
    TERNION_INLINE void operator()(std::span<const float> x, std::span<float> y, E&& executor = {}) const {
        normalise_tokens(*this, x, y, executor);
    }

 private:
    std::size_t channels_;
    float eps_;
};

}  // namespace ternion
