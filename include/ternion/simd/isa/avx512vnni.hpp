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
    using Narrow = detail::Int32x16;
    static constexpr std::string_view name = "avx512vnni";
    static constexpr bool wide_dot = true;

    static constexpr std::size_t fold_every(unsigned max_code) noexcept {
        return (std::size_t{1} << 31) / (std::size_t{4} * 128 * max_code);
    }
    static TERNION_INLINE Narrow narrow_zero() noexcept { return Narrow(_mm512_setzero_si512()); }
    static TERNION_INLINE Narrow dot(Narrow sum, Bytes codes, Bytes activations) noexcept {
        return Narrow(_mm512_dpbusd_epi32(__m512i(sum), codes, activations));
    }
    template <int Shift>
    static TERNION_INLINE Wide fold(Wide wide, Narrow narrow) noexcept {
        return wide + Wide(_mm512_maskz_srai_epi32(all_lanes, __m512i(narrow), Shift));
    }
    /// An accumulator that begins with these sums.
    static TERNION_INLINE Narrow to_narrow(Wide wide) noexcept { return Narrow(__m512i(wide)); }
};

// xsimd has another arch with VNNI, which doesn't derive from this one: see avx512vbmi.hpp.
template <std::derived_from<xsimd::avx512vnni<xsimd::avx512bw>> Arch>
Avx512Vnni<Arch> select_backend(Rank<4>, Arch);

}  // namespace TERNION_ABI
}  // namespace ternion
