#pragma once

#include "neon.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// NEON with the dot products of Armv8.4 (optional from 8.2): sdot adds four products to each int32 lane. Both of its
/// factors are signed, so that codes may not exceed 127.
template <class Arch>
struct NeonDotprod : Neon<Arch> {
    using Base = Neon<Arch>;
    using typename Base::Bytes;
    using typename Base::Wide;
    using Narrow = Wide;
    static constexpr std::string_view name = "neon_dotprod";
    static constexpr std::size_t registers = 32;
    static constexpr bool wide_dot = true;

    static constexpr std::size_t fold_every(unsigned max_code) noexcept {
        return (std::size_t{1} << 31) / (std::size_t{4} * 128 * max_code);
    }
    static TERNION_INLINE Narrow narrow_zero() noexcept { return Base::wide_zero(); }
    static TERNION_INLINE Narrow dot(Narrow sum, Bytes codes, Bytes activations) noexcept {
        return Narrow(vdotq_s32(sum, vreinterpretq_s8_u8(codes), vreinterpretq_s8_u8(activations)));
    }
    template <int Shift>
    static TERNION_INLINE Wide fold(Wide wide, Narrow narrow) noexcept {
        return Wide(vaddq_s32(wide, Base::template shifted<Shift>(narrow)));
    }
};

// xsimd has no arch for it: the compiler's flags decide.
template <std::derived_from<xsimd::neon64> Arch>
NeonDotprod<Arch> select_backend(Rank<2>, Arch);

}  // namespace TERNION_ABI
}  // namespace ternion
