#pragma once

#include <string_view>
#include <ternion/packing/all.hpp>
#include <ternion/runtime/tables.hpp>

namespace ternion_c {

/// Every packing of the library, that without zeros last.
using Packings = ternion::append_t<ternion::all_packings, ternion::Binary>;
using Dispatcher = ternion::Dispatcher<TERNION_ISAS>;

/// The kernels of the best instruction set of this machine, found once.
const ternion::KernelTable& best_kernels();

}  // namespace ternion_c
