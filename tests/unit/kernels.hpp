#pragma once

// Every packing on every arch of this build, as a table: tests loop over it and need not be compiled for each. The
// table is filled by kernels_slice*.cpp, a part of it each. A new packing or ISA is in it without further ado.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <ternion/runtime/any_ternary.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "packing_kinds.hpp"
#include "test_executor.hpp"
#include "tested_packings.hpp"

namespace test {

/// A packed matrix whose packing only the kernel knows; the bytes may lie anywhere.
struct MatrixBytes {
    ternion::Shape shape;
    const std::byte* data;
    float scale = 1;
};

/// One packing on one arch: a row of a run-time table. The executor splits the rows of W.
struct Kernel {
    ternion::PackingKernels kernels;
    std::string_view packing;
    std::string_view backend;
    std::size_t register_bytes;
    ternion::KernelPath path;
    bool has_block_scales;

    [[nodiscard]] std::vector<std::byte> pack(std::span<const std::int8_t> trits, ternion::Shape shape) const;
    void multiply_int32(const MatrixBytes& w, const ternion::ActivationView& x, ternion::RowRange rows,
                        const ternion::Output<std::int32_t>& out, AnyExecutor& executor) const;
    void multiply_float(const MatrixBytes& w, const ternion::ActivationView& x, ternion::RowRange rows,
                        const ternion::Output<float>& out, AnyExecutor& executor) const;
    void multiply_float16(const MatrixBytes& w, const ternion::ActivationView& x, ternion::RowRange rows,
                          const ternion::Output<ternion::Float16>& out, AnyExecutor& executor) const;
    void multiply_bfloat16(const MatrixBytes& w, const ternion::ActivationView& x, ternion::RowRange rows,
                           const ternion::Output<ternion::BFloat16>& out, AnyExecutor& executor) const;
    /// With scales beside the trits, or in null's place those of the packing's own blocks.
    void multiply_scaled(const MatrixBytes& w, const ternion::ScaleTable* scales, const ternion::ActivationView& x,
                         ternion::RowRange rows, const ternion::Output<float>& out, AnyExecutor& executor) const;

    [[nodiscard]] std::string name() const {
        return std::string(packing) + " on " + std::string(backend) + "/" + std::to_string(register_bytes);
    }
};

/// The table is compiled in slices, each by the source of its number: all at once take the optimiser minutes. The
/// kernels of the best arch are in the first ones, optimised as programs are; the others less, to save half of that.
inline constexpr std::size_t kernel_slices = 8, best_slices = 2;

/// Whether a packing's kernel for an arch is in the table: all are, by their places in the lists. Compiled for the
/// address sanitizer, which takes several times as long, archs other than the best have one of the library's packings
/// of each kind, and those whose blocks no register divides.
template <ternion::Packing P>
constexpr bool is_in_table(std::size_t arch) {
#if defined(__SANITIZE_ADDRESS__)
    if (arch > 0 && contains<ternion::all_packings, P>())
        return contains<packing_kinds, P>() || ternion::BlockScaledPacking<P>;
#endif
    return arch < ternion::all_archs::size;
}

template <std::size_t Slice>
void append_kernels(std::vector<Kernel>& kernels);

/// Bytes that can be compared and changed.
std::vector<std::byte> copy_of(std::span<const std::byte> bytes);

/// The whole table.
const std::vector<Kernel>& all_kernels();

/// How many archs a packing has kernels for.
template <ternion::Packing P>
inline constexpr std::size_t archs_of = [] {
    std::size_t count = 0;
    for (std::size_t arch = 0; arch < ternion::all_archs::size; ++arch)
        count += is_in_table<P>(arch);
    return count;
}();

/// How many kernels there have to be: a loop over an empty table proves nothing.
inline constexpr std::size_t kernel_count = []<class... P>(ternion::type_list<P...>) {
    return (archs_of<P> + ...);
}(packings{});
static_assert(kernel_count > 0);

}  // namespace test
