#include "rope.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace bitnet {
namespace {

/// Long waves are stretched by the factor, short ones left, those between by a share of it.
double llama3(double frequency, const RopeScaling& scaling) {
    const double waves = scaling.original_context * frequency / (2 * std::numbers::pi);  // in the original context
    const double kept = (waves - scaling.low_frequency) / (scaling.high_frequency - scaling.low_frequency);
    const double share = std::clamp(kept, 0.0, 1.0);
    return frequency * ((1 - share) / scaling.factor + share);
}

/// The pair of a head, not always a whole number, whose wave turns `rotations` times within the original context.
double pair_of(double rotations, const Config& config) {
    const double wave = config.rope_scaling.original_context / (rotations * 2 * std::numbers::pi);
    return static_cast<double>(config.head_dim) * std::log(wave) /
           (2 * std::log(static_cast<double>(config.rope_theta)));
}

double yarn(double frequency, std::size_t pair, const Config& config) {
    const RopeScaling& scaling = config.rope_scaling;
    const double low = std::max(std::floor(pair_of(scaling.beta_fast, config)), 0.0);
    const double high =
        std::min(std::ceil(pair_of(scaling.beta_slow, config)), static_cast<double>(config.head_dim) - 1);
    const double share = std::clamp((static_cast<double>(pair) - low) / std::max(high - low, 0.001), 0.0, 1.0);
    return frequency * (1 - share) + frequency / scaling.factor * share;
}

double scaled(double frequency, std::size_t pair, const Config& config) {
    switch (config.rope_scaling.kind) {
        case RopeScaling::Kind::none:
            return frequency;
        case RopeScaling::Kind::linear:
            return frequency / config.rope_scaling.factor;
        case RopeScaling::Kind::llama3:
            return llama3(frequency, config.rope_scaling);
        case RopeScaling::Kind::yarn:
            return yarn(frequency, pair, config);
    }
    return frequency;
}

}  // namespace

std::vector<double> rope_frequencies(const Config& config) {
    std::vector<double> frequencies(config.head_dim / 2);
    for (std::size_t i = 0; i < frequencies.size(); ++i) {
        const double exponent = -2.0 * static_cast<double>(i) / static_cast<double>(config.head_dim);
        frequencies[i] = scaled(std::pow(static_cast<double>(config.rope_theta), exponent), i, config);
    }
    return frequencies;
}

Rope::Rope(const Config& config, const Kernels& kernels, std::span<const float> divisors)
    : kernels_(kernels), frequencies_(rope_frequencies(config)), attention_(config.rope_scaling.attention) {
    for (std::size_t i = 0; i < divisors.size(); ++i)
        frequencies_[i] /= static_cast<double>(divisors[i]);
}

void Rope::prepare(std::span<const std::size_t> positions) {
    rotations_.clear();
    for (const std::size_t position : positions) {
        for (const double frequency : frequencies_) {
            const double angle = static_cast<double>(position) * frequency;
            rotations_.push_back(
                {static_cast<float>(attention_ * std::cos(angle)), static_cast<float>(attention_ * std::sin(angle))});
        }
    }
}

}  // namespace bitnet
