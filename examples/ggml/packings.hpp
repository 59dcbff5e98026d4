#pragma once

#include <ternion/core/type_list.hpp>
#include <ternion/packing/interleaved2x16.hpp>
#include <ternion/packing/q2_0.hpp>
#include <ternion/packing/tq1_0.hpp>
#include <ternion/packing/tq2_0.hpp>

namespace ternion_ggml {

/// What is compiled for each instruction set: the layout that weights are repacked to, and ggml's ternary types.
using Packings = ternion::type_list<ternion::Interleaved2x16, ternion::TQ1_0, ternion::TQ2_0, ternion::Q2_0>;

}  // namespace ternion_ggml
