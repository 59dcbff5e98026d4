#pragma once

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

}  // namespace TERNION_ABI
}  // namespace ternion
