#pragma once

#include <string_view>

#include "../simd/dispatch.hpp"
#include "kernel_table.hpp"

namespace ternion {

/// The kernel table of some packings, a type_list such as all_packings, for each instruction set: a function object for
/// Dispatcher. It is declared here and compiled by sources that include runtime/compile.hpp.
template <class Packings>
struct KernelTableOf {
    template <class Isa>
    const KernelTable& operator()(Isa) const;
};

/// The table of the best instruction set that this machine can run, or of the one of this name, of those that the
/// program was compiled for. Throws as Dispatcher does.
template <class Packings>
const KernelTable& find_kernels(std::string_view isa = {}) {
    return Dispatcher<TERNION_ISAS>(isa)(KernelTableOf<Packings>{});
}

}  // namespace ternion
