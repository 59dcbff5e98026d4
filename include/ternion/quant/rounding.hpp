#pragma once

// What the quantizers of activations share: measures of a token, and rounding it to integers by one factor.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "../core/bit_cast.hpp"
#include "../core/config.hpp"
#include "../simd/isa.hpp"
#include "token_scale.hpp"

namespace ternion {

class QuantizedActivations;

/// How a token is to be rounded: q = clamp(round_half_even(x * factor)), and x = scale * q. A scale of NaN says that
/// the token isn't finite.
struct TokenMeasure {
    float factor;
    float scale;
};

inline namespace TERNION_ABI {

/// The measure of a token that holds a NaN or an infinity.
inline constexpr TokenMeasure not_finite{0, std::numeric_limits<float>::quiet_NaN()};

/// The bits of max |x|; of a NaN, or of infinity, if there is one.
template <class B>
TERNION_INLINE std::uint32_t peak_bits(const float* x, std::size_t k) noexcept {
    auto peak = B::wide_zero();
    const std::size_t rest = k % B::lanes;
    for (std::size_t i = 0; i < k - rest; i += B::lanes)
        peak = B::max_magnitude(peak, B::load_floats(x + i));
    std::uint32_t bits = B::reduce_max(peak);
    x += k - rest;
    for (std::size_t i = 0; i < rest; ++i)
        bits = (std::max)(bits, bit_cast<std::uint32_t>(x[i]) & 0x7fffffffu);
    return bits;
}

/// mean |x| in double, summed in one order on every machine; not finite where an x isn't.
inline double mean_magnitude(const float* x, std::size_t k) noexcept {
    // Side by side, so that no addition waits for the last.
    constexpr std::size_t lanes = 32;
    double sums[lanes] = {};
    std::size_t i = 0;
    for (; i + lanes <= k; i += lanes) {
        for (std::size_t j = 0; j < lanes; ++j)
            sums[j] += std::fabs(static_cast<double>(x[i + j]));
    }
    for (; i < k; ++i)
        sums[0] += std::fabs(static_cast<double>(x[i]));
    double sum = 0;
    for (const double part : sums)
        sum += part;
    return sum / static_cast<double>(k);
}

/// q = clamp(round(x * factor), Low, High), and the sum of q. |x * factor| must be below 2^31.
template <class B, int Low, int High>
TERNION_INLINE std::int32_t round_values(const float* x, std::size_t k, float factor, std::int8_t* q) noexcept {
    const auto factors = B::splat_float(factor);
    auto sums = B::wide_zero();
    const std::size_t rest = k % B::lanes;
    for (std::size_t i = 0; i < k - rest; i += B::lanes) {
        const auto rounded = B::clamp(B::round_to_int(B::multiply(B::load_floats(x + i), factors)), Low, High);
        B::store_low_bytes(q + i, rounded);
        sums = B::add_wide(sums, rounded);
    }
    std::uint32_t sum = B::sum(sums);
    x += k - rest;
    q += k - rest;
    for (std::size_t i = 0; i < rest; ++i) {
        const auto rounded = std::clamp(static_cast<std::int32_t>(std::nearbyint(x[i] * factor)), Low, High);
        q[i] = static_cast<std::int8_t>(rounded);
        sum += static_cast<std::uint32_t>(rounded);
    }
    return static_cast<std::int32_t>(sum);
}

/// The base of a policy that measures a token and rounds it by what it found. Policy has `measure<Arch>(x, k)`, which
/// gives a TokenMeasure, and the integers `lowest` and `highest`, within int8. A token that isn't finite becomes zeros
/// with scale NaN. Identical on every ISA if the measure is: a product and a rounding, each correctly rounded.
template <class Policy>
struct RoundedTokens {
    using Activations = QuantizedActivations;

    /// Quantises one token x[k] to q[k]; no alignment is needed, and nothing past k is read or written.
    template <class Arch = default_arch>
    static TokenScale quantize_token(const float* x, std::size_t k, std::int8_t* q) noexcept {
        const TokenMeasure measured = Policy::template measure<Arch>(x, k);
        return {measured.scale, round_token<Arch>(measured, x, k, q)};
    }

    /// A part of a token by the measure of the whole; returns the sum of q.
    template <class Arch = default_arch>
    static std::int32_t round_token(const TokenMeasure& measured, const float* x, std::size_t k,
                                    std::int8_t* q) noexcept {
        if (std::isnan(measured.scale)) {
            std::fill_n(q, k, std::int8_t{0});
            return 0;
        }
        return round_values<backend_of<Arch>, Policy::lowest, Policy::highest>(x, k, measured.factor, q);
    }
};

}  // namespace TERNION_ABI
}  // namespace ternion
