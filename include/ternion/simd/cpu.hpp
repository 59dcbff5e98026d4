#pragma once

// What instructions a unit is compiled for, and which ones this machine has.

#include <cstdint>

#include "../core/config.hpp"
#if defined(__x86_64__) || defined(__i386__)
#include "isa/cpu_x86.hpp"
#elif defined(__aarch64__)
#include "isa/cpu_aarch64.hpp"
#else

namespace ternion {

/// A bit for each extension of an instruction set; none are told apart on this kind of machine.
using CpuFeatures = std::uint64_t;
[[maybe_unused]] constexpr CpuFeatures enabled_features = 0;

inline namespace TERNION_ABI {
inline CpuFeatures cpu_features() noexcept {
    return 0;
}
}  // namespace TERNION_ABI

}  // namespace ternion

#endif
