#pragma once

#include "avx2.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// AVX-VNNI: vpdpbusd on 32-byte registers adds in 32 bits.
template <class Arch>
struct AvxVnni : Avx2<Arch> {
    using Base = Avx2<Arch>;
    using typename Base::Bytes;
    using typename Base::Wide;
    using Narrow = detail::Int32x8;
    static constexpr std::string_view name = "avxvnni";
    static constexpr bool wide_dot = true;

    static constexpr std::size_t fold_every(unsigned max_code) noexcept {
        return (std::size_t{1} << 31) / (std::size_t{4} * 128 * max_code);
    }
    static TERNION_INLINE Narrow narrow_zero() noexcept { return Narrow(_mm256_setzero_si256()); }
    static TERNION_INLINE Narrow dot(Narrow sum, Bytes codes, Bytes activations) noexcept {
        return Narrow(_mm256_dpbusd_avx_epi32(__m256i(sum), codes, activations));
    }
    template <int Shift>
    static TERNION_INLINE Wide fold(Wide wide, Narrow narrow) noexcept {
        return wide + Wide(_mm256_srai_epi32(__m256i(narrow), Shift));
    }
};

template <std::derived_from<xsimd::avxvnni> Arch>
AvxVnni<Arch> select_backend(Rank<3>, Arch);

}  // namespace TERNION_ABI
}  // namespace ternion
