#pragma once

#include "avx512bw.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// AVX-512 VNNI: vpdpbusd multiplies 64 codes by 64 activations and adds them to sixteen int32 lanes.
template <class Arch>
struct Avx512Vnni : Avx512Bw<Arch> {
    using Base = Avx512Bw<Arch>;
    using Base::all_lanes;
    using typename Base::Bytes;
    using typename Base::Wide;
    using Narrow = Wide;
    static constexpr std::string_view name = "avx512vnni";
    static constexpr bool wide_dot = true;

    static constexpr std::size_t fold_every(unsigned max_code) noexcept {
        return (std::size_t{1} << 31) / (std::size_t{4} * 128 * max_code);
    }
    static TERNION_INLINE Narrow narrow_zero() noexcept { return Base::wide_zero(); }
    static TERNION_INLINE Narrow dot(Narrow sum, Bytes codes, Bytes activations) noexcept {
        return Wide(_mm512_dpbusd_epi32(sum, codes, activations));
    }
    template <int Shift>
    static TERNION_INLINE Wide fold(Wide wide, Narrow narrow) noexcept {
        return wide + Wide(_mm512_maskz_srai_epi32(all_lanes, narrow, Shift));
    }
};

// xsimd has two archs with VNNI, and neither derives from the other: every one of them must be named.
template <std::derived_from<xsimd::avx512vnni<xsimd::avx512bw>> Arch>
Avx512Vnni<Arch> select_backend(Rank<4>, Arch);
template <std::derived_from<xsimd::avx512vnni<xsimd::avx512vbmi>> Arch>
Avx512Vnni<Arch> select_backend(Rank<4>, Arch);

}  // namespace TERNION_ABI
}  // namespace ternion
