#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "../compute/kernels.hpp"
#include "config.hpp"

namespace bitnet {

/// Rotary position embedding of tokens: pair (x[i], x[i + d/2]) of a head of width d is turned by the angle
/// position · theta^(-2i/d). Sines and cosines are computed in double once a step and shared by all layers and heads.
class Rope {
 public:
    Rope(const Config& config, const Kernels& kernels)
        : kernels_(kernels), half_(config.head_dim / 2), frequencies_(half_) {
        for (std::size_t i = 0; i < half_; ++i) {
            const auto exponent = -2.0 * static_cast<double>(i) / static_cast<double>(config.head_dim);
            frequencies_[i] = std::pow(static_cast<double>(config.rope_theta), exponent);
        }
    }

    /// Prepares for tokens at these positions.
    void prepare(std::span<const std::size_t> positions) {
        rotations_.clear();
        for (const std::size_t position : positions) {
            for (const double frequency : frequencies_) {
                const double angle = static_cast<double>(position) * frequency;
                rotations_.push_back({static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))});
            }
        }
    }

    /// Turns all heads of token `t` of those, in place.
    void apply(std::size_t t, std::span<float> heads) const {
        kernels_.rotate(heads.data(), heads.size(), rotations_.data() + t * half_, half_);
    }

 private:
    const Kernels& kernels_;
    std::size_t half_;
    std::vector<double> frequencies_;
    std::vector<Rotation> rotations_;
};

}  // namespace bitnet
