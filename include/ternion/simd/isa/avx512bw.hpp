#pragma once

#include <immintrin.h>

#include <concepts>

#include "../generic.hpp"
#include "accumulators_x86.hpp"
#include "shuffle_x86.hpp"
#include "sums_x86.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// AVX-512 with byte operations but no dot product: AVX2's way on 64-byte registers.
template <class Arch>
struct Avx512Bw : Generic<Arch> {
    using Base = Generic<Arch>;
    using typename Base::Bytes;
    using typename Base::Floats;
    using typename Base::Wide;
    using Narrow = detail::Int16x32;
    static constexpr std::string_view name = "avx512bw";
    static constexpr bool fast_masks = true;
    static constexpr std::size_t registers = 32;

    // GCC 12 warns of uninitialised values inside the unmasked forms of some intrinsics; a mask of all ones costs
    // nothing.
    static constexpr __mmask16 all_lanes = 0xffff;

#if defined(__GNUC__)
    static TERNION_INLINE Bytes load_once(const void* from) noexcept {
        __m512i r = _mm512_loadu_si512(from);
        __asm__("" : "+v"(r));
        return Bytes(r);
    }
#endif
    static TERNION_INLINE Narrow narrow_zero() noexcept { return Narrow(_mm512_setzero_si512()); }
    static TERNION_INLINE Narrow dot(Narrow sum, Bytes codes, Bytes activations) noexcept {
        return Narrow(_mm512_add_epi16(__m512i(sum), _mm512_maddubs_epi16(codes, activations)));
    }
    template <int Shift>
    static TERNION_INLINE Wide fold(Wide wide, Narrow narrow) noexcept {
        const __m512i sum = _mm512_madd_epi16(__m512i(narrow), _mm512_set1_epi16(1));
        return wide + Wide(_mm512_maskz_srai_epi32(all_lanes, sum, Shift));
    }
    static TERNION_INLINE std::uint32_t sum(Wide r) noexcept {
        return static_cast<std::uint32_t>(xsimd::reduce_add(xsimd::batch<std::int32_t, xsimd::avx2>(halved(r))));
    }
    static TERNION_INLINE std::array<std::uint32_t, 4> sum4(Wide a, Wide b, Wide c, Wide d) noexcept {
        return detail::sum4(halved(a), halved(b), halved(c), halved(d));
    }
    static TERNION_INLINE void transpose4(const void* from, std::size_t ld, void* to, std::size_t ldt) noexcept {
        transpose4_by_unpacks(from, ld, to, ldt);
    }
    static TERNION_INLINE std::array<Bytes, 4> interleave4(Bytes a, Bytes b, Bytes c, Bytes d) noexcept {
        const __m512i ab_low = _mm512_unpacklo_epi8(a, b), ab_high = _mm512_unpackhi_epi8(a, b);
        const __m512i cd_low = _mm512_unpacklo_epi8(c, d), cd_high = _mm512_unpackhi_epi8(c, d);
        return {Bytes(_mm512_unpacklo_epi16(ab_low, cd_low)), Bytes(_mm512_unpackhi_epi16(ab_low, cd_low)),
                Bytes(_mm512_unpacklo_epi16(ab_high, cd_high)), Bytes(_mm512_unpackhi_epi16(ab_high, cd_high))};
    }
    static TERNION_INLINE Bytes load_parts(const void* from, std::size_t stride) noexcept {
        const auto part = [&](std::size_t i) TERNION_INLINE_LAMBDA {
            return _mm_loadu_si128(reinterpret_cast<const __m128i*>(static_cast<const std::byte*>(from) + stride * i));
        };
        __m512i r = _mm512_zextsi128_si512(part(0));
        r = _mm512_maskz_inserti32x4(all_lanes, r, part(1), 1);
        r = _mm512_maskz_inserti32x4(all_lanes, r, part(2), 2);
        return Bytes(_mm512_maskz_inserti32x4(all_lanes, r, part(3), 3));
    }
    static TERNION_INLINE Bytes thirds(Bytes a) noexcept {
        const __m512i one = _mm512_set1_epi8(1);
        const __m512i above = _mm512_maskz_mov_epi8(_mm512_cmpgt_epi8_mask(a, _mm512_set1_epi8(-43)), one);
        return Bytes(_mm512_mask_add_epi8(above, _mm512_cmpgt_epi8_mask(a, _mm512_set1_epi8(42)), above, one));
    }
    static TERNION_INLINE void store_halves(void* low, void* high, Bytes r) noexcept {
        _mm512_mask_storeu_epi64(low, 0x0f, r);
        _mm256_storeu_si256(static_cast<__m256i*>(high), _mm512_maskz_extracti64x4_epi64(0xf, r, 1));
    }
    static TERNION_INLINE Bytes select(Bytes mask, Bytes a, Bytes b) noexcept {
        return Bytes(_mm512_ternarylogic_epi32(mask, a, b, 0xca));
    }
    static TERNION_INLINE Wide max_magnitude(Wide peak, Floats x) noexcept {
        const Wide magnitude = xsimd::bitwise_cast<std::int32_t>(x) & Wide(std::int32_t{0x7fffffff});
        return Wide(_mm512_maskz_max_epi32(all_lanes, peak, magnitude));
    }
    static TERNION_INLINE Wide round_to_int(Floats x) noexcept { return Wide(_mm512_maskz_cvtps_epi32(all_lanes, x)); }
    static TERNION_INLINE Wide clamp(Wide r, std::int32_t low, std::int32_t high) noexcept {
        const __m512i raised = _mm512_maskz_max_epi32(all_lanes, r, _mm512_set1_epi32(low));
        return Wide(_mm512_maskz_min_epi32(all_lanes, raised, _mm512_set1_epi32(high)));
    }
    static TERNION_INLINE Floats to_floats(Wide r) noexcept { return Floats(_mm512_maskz_cvtepi32_ps(all_lanes, r)); }
    static TERNION_INLINE void store_low_bytes(std::int8_t* to, Wide r) noexcept {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_maskz_cvtepi32_epi8(all_lanes, r));
    }

#if defined(__FMA__)
    /// As `multiply_add` of epilogue.hpp.
    static TERNION_INLINE Floats multiply_add(Floats a, Floats b, Floats c) noexcept {
        return Floats(_mm512_fmadd_ps(a, b, c));
    }
#endif
    static TERNION_INLINE Bytes broadcast16(const void* from) noexcept {
        const __m128i part = _mm_loadu_si128(static_cast<const __m128i*>(from));
        return Bytes(_mm512_maskz_broadcast_i32x4(all_lanes, part));
    }
    static TERNION_INLINE Bytes lookup16(Bytes tables, Bytes index) noexcept {
        return Bytes(_mm512_shuffle_epi8(tables, index));
    }
    static constexpr bool composed_lookup64 = true;
    static TERNION_INLINE Bytes lookup64(const std::array<std::uint8_t, 64>& table, Bytes index) noexcept {
        return lookup64_by_shuffles<Avx512Bw>(table, index);
    }
    using Mask = __mmask64;
    static TERNION_INLINE Mask load_mask(const void* from) noexcept {
        Mask mask;
        std::memcpy(&mask, from, sizeof(mask));
        return mask;
    }
    static TERNION_INLINE Mask test_bit(Bytes a, Bytes bit) noexcept { return _mm512_test_epi8_mask(a, bit); }
    static TERNION_INLINE Bytes add_where(Mask mask, Bytes a, Bytes b) noexcept {
        return Bytes(_mm512_mask_add_epi8(a, mask, a, b));
    }
    /// By subtraction, because bytes have no masked exclusive or.
    static TERNION_INLINE Bytes flip_where(Mask mask, Bytes a, Bytes bits) noexcept {
        return Bytes(_mm512_mask_sub_epi8(a, mask, bits, a));
    }
    static TERNION_INLINE Wide add_bytes(Wide a, Bytes r) noexcept {
        return a + Wide(_mm512_sad_epu8(r, _mm512_setzero_si512()));
    }

    /// The sum of the two halves.
    static TERNION_INLINE __m256i halved(Wide r) noexcept {
        return _mm256_add_epi32(_mm512_maskz_extracti64x4_epi64(0xf, r, 0), _mm512_maskz_extracti64x4_epi64(0xf, r, 1));
    }

    using Base::narrow;
    using Base::widen;
    static constexpr bool fast_halves = true;
    static TERNION_INLINE Floats widen(const Float16* from) noexcept {
        return Floats(_mm512_maskz_cvtph_ps(all_lanes, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))));
    }
    static TERNION_INLINE void narrow(Float16* to, Floats x) noexcept {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                            _mm512_maskz_cvtps_ph(all_lanes, x, _MM_FROUND_TO_NEAREST_INT));
    }
};

template <std::derived_from<xsimd::avx512bw> Arch>
Avx512Bw<Arch> select_backend(Rank<3>, Arch);

}  // namespace TERNION_ABI
}  // namespace ternion
