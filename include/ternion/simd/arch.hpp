#pragma once

// Runtime dispatch: TERNION_ARCH is the arch that this unit is compiled for, TERNION_ARCHS lists those of the program.
// core/cpu_*.hpp has them as types.

#include <string_view>

#include "../core/cpu.hpp"

namespace ternion::archs {
inline namespace TERNION_ABI {

/// A unit's own flags: that of programs without dispatch.
struct own_flags {
    static constexpr std::string_view name = "default";
    static constexpr CpuFeatures features = enabled_features;
};

}  // namespace TERNION_ABI
}  // namespace ternion::archs

static_assert(
    (ternion::enabled_features & ~TERNION_ARCH::features) == 0,
    "ternion: the compiler's flags allow more than the arch that this unit is dispatched as: a machine could be "
    "given instructions that it lacks");
