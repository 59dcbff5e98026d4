#pragma once

#include <immintrin.h>

#include <array>
#include <cstdint>

#include "../../core/config.hpp"

namespace ternion::detail {

inline namespace TERNION_ABI {

/// The sums of the lanes of four registers.
TERNION_INLINE std::array<std::uint32_t, 4> sum4(__m256i a, __m256i b, __m256i c, __m256i d) noexcept {
    const __m256i four = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    const __m128i sums = _mm_add_epi32(_mm256_castsi256_si128(four), _mm256_extracti128_si256(four, 1));
    std::array<std::uint32_t, 4> values;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(values.data()), sums);
    return values;
}

}  // namespace TERNION_ABI
}  // namespace ternion::detail
