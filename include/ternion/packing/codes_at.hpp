#pragma once

#include <cstdint>

#include "../core/config.hpp"

namespace ternion::detail {

inline namespace TERNION_ABI {

/// Whether backend B's dot products take codes at any place of a byte, and sum them in 32 bits: accumulators of 16 bits
/// would wrap at once.
template <class B>
inline constexpr bool whole_byte_codes = B::wide_dot && B::largest_code >= 128;

/// The largest value of a code, 2, that stands anywhere in a unit of so many bits.
constexpr unsigned highest_code(int unit) noexcept {
    return 2u << (unit - 2);
}

/// The codes that stand `Place` bits up in their bytes, shifted down by whole units of `Unit` bits.
template <class B, int Place, int Unit>
TERNION_INLINE typename B::Bytes codes_at(typename B::Bytes packed) noexcept {
    constexpr int shift = Place / Unit * Unit;
    const auto mask = B::splat(static_cast<std::uint8_t>(3u << Place % Unit));
    if constexpr (shift == 0) {
        return B::bit_and(packed, mask);
    } else {
        return B::bit_and(B::template shift_right<shift>(packed), mask);
    }
}

}  // namespace TERNION_ABI
}  // namespace ternion::detail
