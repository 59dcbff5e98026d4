#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "../compute/kernels.hpp"
#include "config.hpp"

namespace bitnet {

/// The frequencies of RoPE, one for each pair of a head: theta^(-2i/d), scaled as the model says. Sources: linear,
/// arXiv 2306.15595; yarn, arXiv 2309.00071; llama3, the formula of LLaMA 3.1's release.
std::vector<double> rope_frequencies(const Config& config);

/// Rotary position embedding of tokens: pair (x[i], x[i + d/2]) of a head of width d is turned by the angle
/// position · frequency_i. Sines and cosines are computed in double once a step and shared by all layers and heads.
class Rope {
 public:
    /// `divisors`, of which there is one for each frequency or none, divide the frequencies.
    Rope(const Config& config, const Kernels& kernels, std::span<const float> divisors = {});

    /// Prepares for tokens at these positions.
    void prepare(std::span<const std::size_t> positions);

    /// Turns all heads of token `t` of those, in place.
    void apply(std::size_t t, std::span<float> heads) const {
        kernels_.rotate(heads.data(), heads.size(), rotations_.data() + t * frequencies_.size(), frequencies_.size());
    }

 private:
    const Kernels& kernels_;
    std::vector<double> frequencies_;
    double attention_;  // what sines and cosines are multiplied by
    std::vector<Rotation> rotations_;
};

}  // namespace bitnet
