#pragma once

#include <tmmintrin.h>

#include <concepts>

#include "../generic.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// SSSE3, SSE4 and AVX: AVX2's way, pmaddubsw and pmaddwd, on 16-byte registers.
template <class Arch>
struct Ssse3 : Generic<Arch> {
    using Base = Generic<Arch>;
    using typename Base::Bytes;
    using typename Base::Narrow;
    using typename Base::Wide;
    static constexpr std::string_view name = "ssse3";

    static TERNION_INLINE Narrow dot(Narrow sum, Bytes codes, Bytes activations) noexcept {
        return sum + Narrow(_mm_maddubs_epi16(codes, activations));
    }
    template <int Shift>
    static TERNION_INLINE Wide fold(Wide wide, Narrow narrow) noexcept {
        const __m128i sum = _mm_madd_epi16(narrow, _mm_set1_epi16(1));
        return wide + Wide(_mm_srai_epi32(sum, Shift));
    }
    static TERNION_INLINE void store_low_bytes(std::int8_t* to, Wide r) noexcept {
        const __m128i words = _mm_packs_epi32(r, r);
        const int four = _mm_cvtsi128_si32(_mm_packs_epi16(words, words));
        std::memcpy(to, &four, sizeof(four));
    }
};

template <std::derived_from<xsimd::ssse3> Arch>
Ssse3<Arch> select_backend(Rank<1>, Arch);

#if XSIMD_WITH_AVX
// AVX has no integers of 32 bytes.
template <std::derived_from<xsimd::avx> Arch>
Ssse3<xsimd::sse4_2> select_backend(Rank<1>, Arch);
#endif

}  // namespace TERNION_ABI
}  // namespace ternion
