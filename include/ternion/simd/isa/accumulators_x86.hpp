#pragma once

#include <immintrin.h>

#include <cstdint>

// Accumulators of the vector type that the instruction which adds to them has. GCC gives __m256i, a vector of int64,
// and that type registers of their own, and copies every accumulator twice a turn, which for half of the 16 registers
// means through memory: docs/tried.md has what that costs.

namespace ternion::detail {

#if defined(__GNUC__)
using Int16x8 = std::int16_t __attribute__((vector_size(16)));
using Int16x16 = std::int16_t __attribute__((vector_size(32)));
using Int16x32 = std::int16_t __attribute__((vector_size(64)));
using Int32x8 = std::int32_t __attribute__((vector_size(32)));
using Int32x16 = std::int32_t __attribute__((vector_size(64)));
#else
using Int16x8 = __m128i;
using Int16x16 = __m256i;
using Int16x32 = __m512i;
using Int32x8 = __m256i;
using Int32x16 = __m512i;
#endif

}  // namespace ternion::detail
