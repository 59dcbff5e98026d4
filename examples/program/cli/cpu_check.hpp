#pragma once

#include <ternion/core/cpu.hpp>

namespace program {

/// What the flags of the program's other units let the compiler use; a constant in its data, so that reading it needs
/// no such instruction.
extern const ternion::CpuFeatures required_features;

}  // namespace program
