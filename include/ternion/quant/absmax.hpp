#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "../core/bit_cast.hpp"
#include "../core/config.hpp"
#include "../simd/isa.hpp"

namespace ternion {

/// What a quantizer says of one token: x = scale * q, and the sum of q.
struct TokenScale {
    float scale;
    std::int32_t sum;
};

inline namespace TERNION_ABI {

/// The activation quantizer of BitNet b1.58, a policy for `quantize` and BitLinear: per token, with top = 2^(Bits-1) -
/// 1,
///   s = top / max(max |x|, 1e-5),   q = clamp(round_half_even(x * s), -top - 1, top),   x is about scale * q.
/// The scale that is kept is max(max |x|, 1e-5) / top. A token of zeros gives q = 0 exactly. A token that holds a NaN
/// or an infinity gives q = 0 and scale NaN: its outputs are NaN, so the fault shows, and no other token is touched.
/// Identical on every ISA: only a maximum, a product and a rounding, each exact or correctly rounded.
/// Source: arXiv 2402.17764, section 2, in the form of the 2B4T model (arXiv 2504.12285).
template <int Bits>
struct Absmax {
    static_assert(Bits >= 2 && Bits <= 8, "Absmax<Bits>: 2 to 8 bits");
    static constexpr float top = static_cast<float>((1 << (Bits - 1)) - 1);
    static constexpr float smallest = 1e-5f;

    /// Quantises one token x[k] to q[k]; no alignment is needed, and nothing past k is read or written.
    template <class Arch = default_arch>
    static TokenScale quantize_token(const float* x, std::size_t k, std::int8_t* q) noexcept {
        using B = backend_of<Arch>;
        const std::uint32_t peak_bits = magnitude<B>(x, k);
        if (peak_bits >= 0x7f800000u) {
            std::fill_n(q, k, std::int8_t{0});
            return {std::numeric_limits<float>::quiet_NaN(), 0};
        }
        const float peak = std::max(bit_cast<float>(peak_bits), smallest);
        return {peak / top, round_all<B>(x, k, top / peak, q)};
    }

 private:
    /// The bits of max |x|; of a NaN, or of infinity, if there is one.
    template <class B>
    static TERNION_INLINE std::uint32_t magnitude(const float* x, std::size_t k) noexcept {
        auto peak = B::wide_zero();
        const std::size_t rest = k % B::lanes;
        for (std::size_t i = 0; i < k - rest; i += B::lanes)
            peak = B::max_magnitude(peak, B::load_floats(x + i));
        std::uint32_t top_bits = B::max(peak);
        x += k - rest;
        for (std::size_t i = 0; i < rest; ++i)
            top_bits = std::max(top_bits, bit_cast<std::uint32_t>(x[i]) & 0x7fffffffu);
        return top_bits;
    }

    /// q = round(x * s), and the sum of q. |x * s| < top + 1/2, so that clamping is never needed.
    template <class B>
    static TERNION_INLINE std::int32_t round_all(const float* x, std::size_t k, float s, std::int8_t* q) noexcept {
        const auto factor = B::splat_float(s);
        auto sums = B::wide_zero();
        const std::size_t rest = k % B::lanes;
        for (std::size_t i = 0; i < k - rest; i += B::lanes) {
            const auto rounded = B::round(B::multiply(B::load_floats(x + i), factor));
            B::store_low_bytes(q + i, rounded);
            sums = B::add_wide(sums, rounded);
        }
        std::uint32_t sum = B::sum(sums);
        x += k - rest;
        q += k - rest;
        for (std::size_t i = 0; i < rest; ++i) {
            const auto rounded = static_cast<std::int32_t>(std::nearbyint(x[i] * s));
            q[i] = static_cast<std::int8_t>(rounded);
            sum += static_cast<std::uint32_t>(rounded);
        }
        return static_cast<std::int32_t>(sum);
    }
};

}  // namespace TERNION_ABI
}  // namespace ternion
