#pragma once

#include <ternion/ternion.h>
#include <cstddef>
#include <cstdint>
#include <ternion/packing/all.hpp>
#include <ternion/runtime/kernel_table.hpp>
#include <ternion/simd/dispatch.hpp>

/// What a handle of an instruction set is.
struct ternion_isa {
    const ternion::KernelTable& table;
};

namespace ternion_c {

/// Every packing of the library, that without zeros last.
using Packings = ternion::append_t<ternion::all_packings, ternion::Binary>;

/// The kernels of an instruction set, for `Dispatcher`: compiled by kernels.cpp.
struct KernelsOf {
    template <class Isa>
    const ternion_isa& operator()(Isa) const;
};
using Dispatcher = ternion::Dispatcher<TERNION_ISAS>;

/// Those of the best instruction set of this machine, found once.
const ternion_isa& best_isa();

}  // namespace ternion_c
