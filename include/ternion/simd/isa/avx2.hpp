#pragma once

#include <immintrin.h>

#include <concepts>

#include "../generic.hpp"
#include "accumulators_x86.hpp"
#include "shuffle_x86.hpp"
#include "sums_x86.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// AVX2: vpmaddubsw multiplies codes by activations and adds pairs in 16 bits; vpmaddwd folds pairs of those.
template <class Arch>
struct Avx2 : Generic<Arch> {
    using Base = Generic<Arch>;
    using typename Base::Bytes;
    using typename Base::Floats;
    using typename Base::Mask;
    using typename Base::Wide;
    using Narrow = detail::Int16x16;
    static constexpr std::string_view name = "avx2";
    static constexpr bool fast_masks = true;

#if defined(__GNUC__)
    static TERNION_INLINE Bytes load_once(const void* from) noexcept {
        __m256i r = _mm256_loadu_si256(static_cast<const __m256i*>(from));
        __asm__("" : "+x"(r));
        return Bytes(r);
    }
#endif
    static TERNION_INLINE Narrow narrow_zero() noexcept { return Narrow(_mm256_setzero_si256()); }
    static TERNION_INLINE Narrow dot(Narrow sum, Bytes codes, Bytes activations) noexcept {
        sum = Narrow(_mm256_add_epi16(__m256i(sum), _mm256_maddubs_epi16(codes, activations)));
#if defined(__GNUC__)
        // Hides the sum, or GCC adds products to each other first, and has no registers left for so many.
        __asm__("" : "+x"(sum));
#endif
        return sum;
    }
    template <int Shift>
    static TERNION_INLINE Wide fold(Wide wide, Narrow narrow) noexcept {
        const __m256i sum = _mm256_madd_epi16(__m256i(narrow), _mm256_set1_epi16(1));
        return wide + Wide(_mm256_srai_epi32(sum, Shift));
    }
    static TERNION_INLINE std::array<std::uint32_t, 4> sum4(Wide a, Wide b, Wide c, Wide d) noexcept {
        return detail::sum4(a, b, c, d);
    }
    static TERNION_INLINE void store_low_bytes(std::int8_t* to, Wide r) noexcept {
        const __m256i words = _mm256_packs_epi32(r, r);
        const __m256i packed = _mm256_packs_epi16(words, words);
        const int low = _mm256_extract_epi32(packed, 0);
        const int high = _mm256_extract_epi32(packed, 4);
        std::memcpy(to, &low, 4);
        std::memcpy(to + 4, &high, 4);
    }

    static TERNION_INLINE void transpose4(const void* from, std::size_t ld, void* to, std::size_t ldt) noexcept {
        transpose4_by_unpacks(from, ld, to, ldt);
    }
    static TERNION_INLINE std::array<Bytes, 4> interleave4(Bytes a, Bytes b, Bytes c, Bytes d) noexcept {
        const __m256i ab_low = _mm256_unpacklo_epi8(a, b), ab_high = _mm256_unpackhi_epi8(a, b);
        const __m256i cd_low = _mm256_unpacklo_epi8(c, d), cd_high = _mm256_unpackhi_epi8(c, d);
        return {Bytes(_mm256_unpacklo_epi16(ab_low, cd_low)), Bytes(_mm256_unpackhi_epi16(ab_low, cd_low)),
                Bytes(_mm256_unpacklo_epi16(ab_high, cd_high)), Bytes(_mm256_unpackhi_epi16(ab_high, cd_high))};
    }
    static TERNION_INLINE Bytes load_parts(const void* from, std::size_t stride) noexcept {
        const auto* first = static_cast<const std::byte*>(from);
        return Bytes(_mm256_loadu2_m128i(reinterpret_cast<const __m128i*>(first + stride),
                                         reinterpret_cast<const __m128i*>(first)));
    }
    static TERNION_INLINE Bytes thirds(Bytes a) noexcept {
        const __m256i below_43 = _mm256_cmpgt_epi8(_mm256_set1_epi8(43), a);
        const __m256i below_minus_42 = _mm256_cmpgt_epi8(_mm256_set1_epi8(-42), a);
        return Bytes(_mm256_add_epi8(_mm256_add_epi8(_mm256_set1_epi8(2), below_43), below_minus_42));
    }
#if defined(__FMA__)
    /// As `multiply_add` of epilogue.hpp.
    static TERNION_INLINE Floats multiply_add(Floats a, Floats b, Floats c) noexcept {
        return Floats(_mm256_fmadd_ps(a, b, c));
    }
#endif
    static TERNION_INLINE Bytes broadcast16(const void* from) noexcept {
        return Bytes(_mm256_broadcastsi128_si256(_mm_loadu_si128(static_cast<const __m128i*>(from))));
    }
    static TERNION_INLINE Bytes lookup16(Bytes tables, Bytes index) noexcept {
        return Bytes(_mm256_shuffle_epi8(tables, index));
    }
    static constexpr bool composed_lookup64 = true;
    static TERNION_INLINE Bytes lookup64(const std::array<std::uint8_t, 64>& table, Bytes index) noexcept {
        return lookup64_by_shuffles<Avx2>(table, index);
    }
    static TERNION_INLINE Mask load_mask(const void* from) noexcept {
        std::int32_t bits;
        std::memcpy(&bits, from, sizeof(bits));
        const __m256i byte_of = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
        const __m256i spread = _mm256_shuffle_epi8(_mm256_set1_epi32(bits), byte_of);
        return test_bit(Bytes(spread), Bytes(_mm256_set1_epi64x(static_cast<long long>(0x8040201008040201u))));
    }
    static TERNION_INLINE Mask test_bit(Bytes a, Bytes bit) noexcept {
        return Mask(_mm256_cmpeq_epi8(_mm256_and_si256(a, bit), bit));
    }
    static TERNION_INLINE Wide add_bytes(Wide a, Bytes r) noexcept {
        return a + Wide(_mm256_sad_epu8(r, _mm256_setzero_si256()));
    }

#if defined(__F16C__)
    using Base::narrow;
    using Base::widen;
    static constexpr bool fast_halves = true;
    static TERNION_INLINE Floats widen(const Float16* from) noexcept {
        return Floats(_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
    }
    static TERNION_INLINE void narrow(Float16* to, Floats x) noexcept {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
    }
#endif
};

template <std::derived_from<xsimd::avx2> Arch>
Avx2<Arch> select_backend(Rank<2>, Arch);

#if XSIMD_WITH_AVX512F
// AVX-512 without byte operations has nothing to offer here, and xsimd would emulate them.
template <std::derived_from<xsimd::avx512f> Arch>
Avx2<xsimd::avx2> select_backend(Rank<2>, Arch);
#endif

}  // namespace TERNION_ABI
}  // namespace ternion
