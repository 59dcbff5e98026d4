#pragma once

#include <tmmintrin.h>

#include <concepts>

#include "../generic.hpp"
#include "accumulators_x86.hpp"
#include "shuffle_x86.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// SSSE3, SSE4 and AVX: AVX2's way, pmaddubsw and pmaddwd, on 16-byte registers.
template <class Arch>
struct Ssse3 : Generic<Arch> {
    using Base = Generic<Arch>;
    using typename Base::Bytes;
    using typename Base::Mask;
    using typename Base::Wide;
    using Narrow = detail::Int16x8;
    static constexpr std::string_view name = "ssse3";

    static TERNION_INLINE Narrow narrow_zero() noexcept { return Narrow(_mm_setzero_si128()); }
    static TERNION_INLINE Narrow dot(Narrow sum, Bytes codes, Bytes activations) noexcept {
        return Narrow(_mm_add_epi16(__m128i(sum), _mm_maddubs_epi16(codes, activations)));
    }
    template <int Shift>
    static TERNION_INLINE Wide fold(Wide wide, Narrow narrow) noexcept {
        const __m128i sum = _mm_madd_epi16(__m128i(narrow), _mm_set1_epi16(1));
        return wide + Wide(_mm_srai_epi32(sum, Shift));
    }
    /// Not by lddqu, which xsimd takes from SSE3 on and GCC can't see through: it stores a table that it knows, in
    /// parts, to load it as a whole.
    static TERNION_INLINE Bytes broadcast16(const void* from) noexcept {
        return Bytes(_mm_loadu_si128(static_cast<const __m128i*>(from)));
    }
    static TERNION_INLINE void transpose4(const void* from, std::size_t ld, void* to, std::size_t ldt) noexcept {
        transpose4_by_unpacks(from, ld, to, ldt);
    }
    static TERNION_INLINE std::array<Bytes, 4> interleave4(Bytes a, Bytes b, Bytes c, Bytes d) noexcept {
        const __m128i ab_low = _mm_unpacklo_epi8(a, b), ab_high = _mm_unpackhi_epi8(a, b);
        const __m128i cd_low = _mm_unpacklo_epi8(c, d), cd_high = _mm_unpackhi_epi8(c, d);
        return {Bytes(_mm_unpacklo_epi16(ab_low, cd_low)), Bytes(_mm_unpackhi_epi16(ab_low, cd_low)),
                Bytes(_mm_unpacklo_epi16(ab_high, cd_high)), Bytes(_mm_unpackhi_epi16(ab_high, cd_high))};
    }
    static TERNION_INLINE Bytes lookup16(Bytes tables, Bytes index) noexcept {
        return Bytes(_mm_shuffle_epi8(tables, index));
    }
    static constexpr bool composed_lookup64 = true;
    static TERNION_INLINE Bytes lookup64(const std::array<std::uint8_t, 64>& table, Bytes index) noexcept {
        return lookup64_by_shuffles<Ssse3>(table, index);
    }
    static TERNION_INLINE Mask load_mask(const void* from) noexcept {
        std::int16_t bits;
        std::memcpy(&bits, from, sizeof(bits));
        const __m128i byte_of = _mm_set_epi64x(0x0101010101010101, 0);
        const __m128i spread = _mm_shuffle_epi8(_mm_cvtsi32_si128(bits), byte_of);
        return test_bit(Bytes(spread), Bytes(_mm_set1_epi64x(static_cast<long long>(0x8040201008040201u))));
    }
    static TERNION_INLINE Mask test_bit(Bytes a, Bytes bit) noexcept {
        return Mask(_mm_cmpeq_epi8(_mm_and_si128(a, bit), bit));
    }
    static TERNION_INLINE Wide add_bytes(Wide a, Bytes r) noexcept {
        return a + Wide(_mm_sad_epu8(r, _mm_setzero_si128()));
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
