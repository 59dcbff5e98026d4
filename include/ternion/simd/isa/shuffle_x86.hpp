#pragma once

#include <emmintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "../../core/config.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// B::lookup64 of four pshufb, for machines without vpermb. pshufb gives zero where bit 7 of an index is set, and only
/// looks at bits 0 to 3 otherwise: index - 16 n gives zero below 16 n. So each part of the table is looked up as its
/// difference to the part before. Nine instructions instead of one, and one for the upper bits.
template <class B>
TERNION_INLINE typename B::Bytes lookup64_by_shuffles(const std::array<std::uint8_t, 64>& table,
                                                      typename B::Bytes index) noexcept {
    using Bytes = typename B::Bytes;
    const auto part = [&](std::size_t n) TERNION_INLINE_LAMBDA { return B::broadcast16(table.data() + 16 * n); };
    const auto step = [&](std::uint8_t n, Bytes at) TERNION_INLINE_LAMBDA {
        return B::lookup16(part(n) ^ part(n - 1u), at - B::splat(static_cast<std::uint8_t>(16 * n)));
    };
    const Bytes at = B::bit_and(index, B::splat(63));
    return B::lookup16(part(0), at) ^ step(1, at) ^ (step(2, at) ^ step(3, at));
}

/// B::transpose4 by unpacking pairs of rows.
TERNION_INLINE void transpose4_by_unpacks(const void* from, std::size_t ld, void* to, std::size_t ldt) noexcept {
    const auto row = [&](std::size_t j) TERNION_INLINE_LAMBDA {
        return _mm_loadu_si128(reinterpret_cast<const __m128i*>(static_cast<const std::byte*>(from) + j * ld));
    };
    const auto put = [&](std::size_t i, __m128i r) TERNION_INLINE_LAMBDA {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(static_cast<std::byte*>(to) + i * ldt), r);
    };
    const __m128i low01 = _mm_unpacklo_epi32(row(0), row(1)), low23 = _mm_unpacklo_epi32(row(2), row(3));
    const __m128i high01 = _mm_unpackhi_epi32(row(0), row(1)), high23 = _mm_unpackhi_epi32(row(2), row(3));
    put(0, _mm_unpacklo_epi64(low01, low23));
    put(1, _mm_unpackhi_epi64(low01, low23));
    put(2, _mm_unpacklo_epi64(high01, high23));
    put(3, _mm_unpackhi_epi64(high01, high23));
}

}  // namespace TERNION_ABI
}  // namespace ternion
