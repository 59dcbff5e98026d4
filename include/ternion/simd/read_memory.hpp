#pragma once

// The limit that products of large matrices are measured against.

#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/prefetch.hpp"
#include "../core/unroll.hpp"
#include "isa.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// Reads these bytes once and does nothing else, as fast as is known: two streams hide more latency than one, and the
/// prefetch helps where the hardware's stops, at the end of a page (docs/benchmarking.md). No GEMV can read its weights
/// faster. Leaves out what is less than 256 bytes at the end. The result depends on all bytes, so that they are read.
template <class Arch = default_arch>
inline std::uint32_t read_memory(const std::byte* from, std::size_t bytes) noexcept {
    using B = backend_of<Arch>;
    constexpr std::size_t step = 128, loads = step / B::bytes;
    const std::size_t ahead = prefetch_bytes(512);
    const std::size_t half = bytes / (2 * step) * step;
    typename B::Bytes sums[2 * loads];
    unroll<2 * loads>([&](auto i) TERNION_INLINE_LAMBDA { sums[i] = B::splat(0); });
    for (std::size_t at = 0; at < half; at += step) {
        unroll<2>([&](auto stream) TERNION_INLINE_LAMBDA {
            const std::byte* place = from + stream * half + at;
            unroll<step / 64>([&](auto line) TERNION_INLINE_LAMBDA { B::prefetch(place + ahead + 64 * line); });
            unroll<loads>([&](auto i) TERNION_INLINE_LAMBDA {
                auto& sum = sums[stream * loads + i];
                sum = B::add(sum, B::load(place + i * B::bytes));
            });
        });
    }
    auto total = B::splat(0);
    unroll<2 * loads>([&](auto i) TERNION_INLINE_LAMBDA { total = B::add(total, sums[i]); });
    std::uint8_t kept[B::bytes];
    B::store(kept, total);
    std::uint32_t sum = 0;
    for (const std::uint8_t byte : kept)
        sum += byte;
    return sum;
}

}  // namespace TERNION_ABI
}  // namespace ternion
