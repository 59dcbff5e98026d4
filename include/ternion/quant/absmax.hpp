#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "rounding.hpp"

namespace ternion {

inline namespace TERNION_ABI {

/// The activation quantizer of BitNet b1.58, a policy for `quantize` and BitLinear: per token, with Steps = 2^(Bits-1)
/// - 1,
///   s = Steps / max(max |x|, 1e-5),   q = clamp(round_half_even(x * s), -Steps - 1, Steps),   x is about scale * q.
/// The scale that is kept is max(max |x|, 1e-5) / Steps. Absmax<8, 128>, with Steps = Q = 2^(Bits-1), is BitNet v1's:
///   q = clamp(round_half_even(x * Q / (max |x| + 1e-5)), -Q, Q - 1),   x is about q * max |x| / Q,
/// where the largest value is clamped, by a whole step at most. A token of zeros gives q = 0 exactly. A token that
/// holds a NaN or an infinity gives q = 0 and scale NaN: its outputs are NaN, so the fault shows, and no other token is
/// touched. Identical on every ISA: only a maximum, a product and a rounding, each exact or correctly rounded.
/// Source: arXiv 2402.17764, section 2, in the form of the 2B4T model (arXiv 2504.12285); arXiv 2310.11453, section 2.
template <int Bits, int Steps = (1 << (Bits - 1)) - 1>
struct Absmax : RoundedTokens<Absmax<Bits, Steps>> {
    static_assert(Bits >= 2 && Bits <= 8, "Absmax<Bits>: 2 to 8 bits");
    static constexpr bool all_powers = Steps == 1 << (Bits - 1);
    static_assert(all_powers || Steps == (1 << (Bits - 1)) - 1, "Absmax<Bits, Steps>: 2^(Bits-1) steps, or one less");
    static constexpr int lowest = -(1 << (Bits - 1));
    static constexpr int highest = -lowest - 1;

    template <class Arch = default_arch>
    static TokenMeasure measure(const float* x, std::size_t k) noexcept {
        const std::uint32_t bits = peak_bits<backend_of<Arch>>(x, k);
        if (bits >= 0x7f800000u) return not_finite;
        const float peak = bit_cast<float>(bits);
        constexpr auto steps = static_cast<float>(Steps);
        if constexpr (all_powers) return {steps / (peak + 1e-5f), peak / steps};
        const float bounded = (std::max)(peak, 1e-5f);
        return {steps / bounded, bounded / steps};
    }
};

}  // namespace TERNION_ABI
}  // namespace ternion
