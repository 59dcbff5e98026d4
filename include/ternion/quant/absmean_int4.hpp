#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "rounding.hpp"

namespace ternion {

inline namespace TERNION_ABI {

/// The 4-bit activation quantizer of BitNet a4.8, for the inputs of attention and of the feed-forward network: per
/// token,
///   beta = max(mean |x|, 1e-5),   q = clamp(round_half_even(x * sqrt(7) / beta), -8, 7),   x is about q * beta /
///   sqrt(7).
/// Values beyond 7 / sqrt(7) = 2.6 means are clamped. The mean is summed in double, in one order on every machine, so
/// the result is identical on every ISA. A token of zeros gives q = 0; one that isn't finite q = 0 and scale NaN.
/// Source: arXiv 2411.04965, section 2.
struct AbsmeanInt4 : RoundedTokens<AbsmeanInt4> {
    static constexpr int lowest = -8;
    static constexpr int highest = 7;

    template <class Arch = default_arch>
    static TokenMeasure measure(const float* x, std::size_t k) noexcept {
        const double mean = mean_magnitude(x, k);
        if (!std::isfinite(mean)) return not_finite;
        constexpr float root = 2.6457513110645906f;  // of 7
        const float beta = (std::max)(static_cast<float>(mean), 1e-5f);
        return {root / beta, beta / root};
    }
};

}  // namespace TERNION_ABI
}  // namespace ternion
