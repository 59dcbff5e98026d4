#pragma once

#include <cstddef>

#include "config.hpp"
#include "cpu.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// How many bytes ahead of their use weights that are read in order are asked for: `usual`, unless this machine is of a
/// kind that was measured to want another distance (docs/tried.md).
inline std::size_t prefetch_bytes(std::size_t usual) noexcept {
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    static const bool far = cpu::family() >= 26;  // AMD's from Zen 5 on; no other maker's number is as high
    if (far) return 4096;
#endif
    return usual;
}

}  // namespace TERNION_ABI
}  // namespace ternion
