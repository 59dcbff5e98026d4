#pragma once

#include <ggml.h>

#include <string_view>
#include <ternion/runtime/kernel_table.hpp>

namespace ternion_ggml {

/// ternion's kernels for ggml's ternary types and for the layout that they are repacked to: those of the best
/// instruction set that this machine runs, or of the one of this name. Throws std::invalid_argument for a name that
/// isn't among those compiled, std::runtime_error where the machine can't run it.
const ternion::KernelTable& find_kernels(std::string_view isa = {});

/// The packing that is a type of ggml's, byte for byte: TQ1_0, TQ2_0, Q2_0; null for any other type. ggml and ternion
/// call them by the same names; a ggml whose blocks have another size than ternion's doesn't have the type.
const ternion::PackingKernels* find_ternary(const ternion::KernelTable& table, ggml_type type) noexcept;

}  // namespace ternion_ggml
