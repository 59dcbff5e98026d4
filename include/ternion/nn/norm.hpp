#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>

#include "../core/config.hpp"
#include "../core/executor.hpp"

namespace ternion {

/// No normalisation: what a layer or stage is given where a norm stands elsewhere or nowhere.
struct NoNorm {};

/// What normalises a token before it is quantised, such as RmsNorm and LayerNorm:
///   norm.channels()          how many numbers a token has
///   norm.normalise(x, y)     one token x[channels] into y[channels], y may be x; noexcept; const, so that threads may
///                            share a norm; deterministic, so that results don't depend on the number of threads
/// NoNorm stands for none.
template <class N>
concept Norm = std::same_as<N, NoNorm> || requires(const N& norm, const float* x, float* y) {
    { norm.channels() } -> std::convertible_to<std::size_t>;
    { norm.normalise(x, y) } noexcept;
};

inline namespace TERNION_ABI {

/// Normalises each token of x[M, channels] into y; y may be x. Throws std::invalid_argument for sizes that aren't whole
/// tokens or differ. The executor splits tokens.
template <Norm N, class E>
void normalise_tokens(const N& norm, std::span<const float> x, std::span<float> y, E& executor) {
    const std::size_t channels = norm.channels();
    if (x.size() != y.size() || x.size() % channels != 0) {
        TERNION_THROW(std::invalid_argument, "a norm of " + std::to_string(channels) +
                                                 " channels: " + std::to_string(x.size()) + " values in, room for " +
                                                 std::to_string(y.size()));
    }
    split(x.size() / channels, 1, executor, [&](std::size_t begin, std::size_t end) {
        for (std::size_t m = begin; m < end; ++m)
            norm.normalise(x.data() + m * channels, y.data() + m * channels);
    });
}

}  // namespace TERNION_ABI
}  // namespace ternion
