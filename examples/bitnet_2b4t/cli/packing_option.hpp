#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

namespace ternion {
struct PackingKernels;
}

namespace bitnet::cli {

/// --packing: what ternary layers are computed in.
void add_packing_option(CLI::App& command, std::string& name);

/// The packing of this name with the kernels of an instruction set; null for an empty name. All packings of the library
/// in a program made for one machine, those of ComputePackings in one that chooses among instruction sets. Throws
/// std::invalid_argument, which lists them, for another name.
const ternion::PackingKernels* find_packing(std::string_view name, std::string_view isa);

}  // namespace bitnet::cli
