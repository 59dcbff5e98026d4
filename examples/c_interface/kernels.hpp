#pragma once

#include <ternion/ternion.h>
#include <cstddef>
#include <cstdint>
#include <ternion/packing/all.hpp>
#include <ternion/runtime/kernel_table.hpp>
#include <ternion/simd/dispatch.hpp>

/// The kernels of one instruction set: the library's table, and the sum of k integers, exact for k <= max_inputs.
struct ternion_isa {
    const ternion::KernelTable& table;
    std::int32_t (*sum_of)(const std::int8_t* q, std::size_t k) noexcept;
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
