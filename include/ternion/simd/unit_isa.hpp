#pragma once

// Runtime dispatch: TERNION_ISA is the instruction set that this unit is compiled for, TERNION_ISAS lists those of the
// program. core/cpu_*.hpp has them as types.

#include <string_view>

#include "../core/cpu.hpp"

namespace ternion::isas {
inline namespace TERNION_ABI {

/// A unit's own flags: that of programs without dispatch.
struct own_flags {
    static constexpr std::string_view name = "default";
    static constexpr CpuFeatures features = enabled_features;
};

}  // namespace TERNION_ABI
}  // namespace ternion::isas

static_assert((ternion::enabled_features & ~TERNION_ISA::features) == 0,
              "ternion: the compiler's flags allow more than the instruction set that this unit is dispatched as: a "
              "machine could be "
              "given instructions that it lacks");
