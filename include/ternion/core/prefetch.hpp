#pragma once

#include <cstddef>

#include "config.hpp"
#include "cpu.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// Whether this machine is of a kind that was measured to want weights asked for farther ahead than others
/// (docs/tried.md).
inline bool prefetches_far() noexcept {
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    static const bool far = cpu::family() >= 26;  // AMD's from Zen 5 on; no other maker's number is as high
    return far;
#else
    return false;
#endif
}

/// How many bytes ahead of their use weights that are read in order are asked for.
inline std::size_t prefetch_bytes(std::size_t usual) noexcept {
    return prefetches_far() ? 4096 : usual;
}

}  // namespace TERNION_ABI
}  // namespace ternion
