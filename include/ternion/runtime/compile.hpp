#pragma once

// Compiles a kernel table for one instruction set. A program's source of three lines, which ternion_add_dispatched
// (cmake/dispatch.cmake) compiles for each instruction set, or which is compiled once with the program's own flags:
//
//   #include <ternion/runtime/compile.hpp>
//   template const ternion::KernelTable&
//   ternion::KernelTableOf<ternion::all_packings>::operator()<TERNION_ISA>(TERNION_ISA) const;
//
// Everywhere else, runtime/tables.hpp is enough.

#include <array>
#include <cstddef>
#include <cstdint>

#include "../nn/rms_norm.hpp"
#include "../ops/gemm.hpp"
#include "../packing/all.hpp"
#include "../quant/absmean_int4.hpp"
#include "packing_kernels.hpp"
#include "tables.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// A quantizer's row of a table.
template <class Q, class Arch>
constexpr QuantizerKernels quantizer_kernels(std::string_view name) noexcept {
    return {name,
            [](const float* x, std::size_t k, std::int8_t* q) noexcept {
                return Q::template quantize_token<Arch>(x, k, q);
            },
            sum_groups_of_token<Arch>};
}

/// The table of some packings for this unit's flags and an Arch that these allow.
template <class Arch, class Isa, class Packings>
struct CompiledTable;

template <class Arch, class Isa, Packing... P>
struct CompiledTable<Arch, Isa, type_list<P...>> {
    static constexpr std::array<PackingKernels, sizeof...(P)> packings = {packing_kernels<P, Arch>...};
    static constexpr std::array quantizers = {
        quantizer_kernels<Absmax<8>, Arch>("absmax8"), quantizer_kernels<Absmax<8, 128>, Arch>("absmax8_128"),
        quantizer_kernels<Absmax<4>, Arch>("absmax4"), quantizer_kernels<AbsmeanInt4, Arch>("absmean4")};
    static constexpr KernelTable table{
        Isa::name, backend_of<Arch>::name, backend_of<Arch>::bytes, packings, quantizers, sum_of<Arch>, rms_normalise};
};

}  // namespace TERNION_ABI

template <class Packings>
template <class Isa>
const KernelTable& KernelTableOf<Packings>::operator()(Isa) const {
    return CompiledTable<default_arch, Isa, Packings>::table;
}

}  // namespace ternion
