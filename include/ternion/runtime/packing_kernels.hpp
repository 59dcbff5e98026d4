#pragma once

// The products of one packing on one Arch, behind pointers: what a kernel table is made of. Only sources that compile
// kernels include this.

#include <cstddef>
#include <cstdint>
#include <span>

#include "../core/config.hpp"
#include "../ops/multiply.hpp"
#include "../tensor/scales.hpp"
#include "kernel_table.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// f(Output<Out>) for the type of results that is asked for.
template <class F>
void with_typed(const AnyOutput& out, F&& f) noexcept {
    const auto call = [&]<class Out>(Out* data) {
        f(Output<Out>{data, out.ld, out.residual, out.residual_ld, out.row_scales});
    };
    switch (out.type) {
        case AnyOutput::Type::int32:
            return call(static_cast<std::int32_t*>(out.data));
        case AnyOutput::Type::float32:
            return call(static_cast<float*>(out.data));
        case AnyOutput::Type::float16:
            return call(static_cast<Float16*>(out.data));
        case AnyOutput::Type::bfloat16:
            return call(static_cast<BFloat16*>(out.data));
    }
}

/// The products of packing P with the kernels of Arch.
template <Packing P, class Arch>
struct PackingProducts {
    static TernaryView<P> view_of(const TernaryBytes& w) noexcept { return {w.shape, w.data, w.scale}; }

    static void dense(const TernaryBytes& w, const ActivationView& x, RowRange rows, const AnyOutput& out) noexcept {
        with_typed(out, [&](const auto& typed) {
            if (w.has_one_scale()) {
                multiply_rows<Arch>(view_of(w), x, rows, typed);
            } else if (w.scales != nullptr) {
                multiply_rows<Arch>(ScaledView<P, ScaleTable>(view_of(w), {w.scales, w.group_inputs, w.scale_rows}), x,
                                    rows, typed);
            } else if constexpr (BlockScaledPacking<P>) {
                multiply_rows<Arch>(with_block_scales(view_of(w)), x, rows, typed);
            } else {
                TERNION_ASSERT(w.group_inputs == 0);  // such a packing has no scales among its bytes
            }
        });
    }
    static void sparse(const TernaryBytes& w, const SparseActivations& x, RowRange rows,
                       const AnyOutput& out) noexcept {
        if (!w.has_one_scale()) return dense(w, x.view(), rows, out);
        with_typed(out, [&](const auto& typed) { multiply_rows<Arch>(view_of(w), x, rows, typed); });
    }
    static void signs(const TernaryBytes& w, const SignActivations& x, RowRange rows, const AnyOutput& out) noexcept {
        if (!w.has_one_scale()) return dense(w, x.view(), rows, out);
        with_typed(out, [&](const auto& typed) { multiply_rows<Arch>(view_of(w), x, rows, typed); });
    }
    static void listed_inputs(const TernaryBytes& w, const ListedActivations& x, RowRange rows,
                              const AnyOutput& out) noexcept {
        if (w.group_inputs != 0) return dense(w, x.activations, rows, out);
        with_typed(out, [&](auto typed) {
            if (w.scales != nullptr) typed.row_scales = w.scales.floats();
            multiply_rows<Arch>(view_of(w), x, rows, typed);
        });
    }
    static void listed_rows(const TernaryBytes& w, const ActivationView& x, std::span<const std::uint32_t> rows,
                            const AnyOutput& out) noexcept {
        if (w.group_inputs != 0) return for_each_run(rows, [&](RowRange run) { dense(w, x, run, out); });
        with_typed(out, [&](auto typed) {
            if (w.scales != nullptr) typed.row_scales = w.scales.floats();
            multiply_listed_rows<Arch>(view_of(w), x, rows, typed);
        });
    }
};

/// Whether P's codes are decoded quickly on Arch.
template <Packing P, class Arch>
constexpr bool decodes_quickly() noexcept {
    if constexpr (requires { P::template quick<backend_of<Arch>>; }) return P::template quick<backend_of<Arch>>;
    return true;
}

/// The packing's row of a table. A program may compile packings side by side: a source for each that instantiates its
/// PackingProducts, which others declare `extern template`.
template <Packing P, class Arch = default_arch>
inline constexpr PackingKernels packing_kernels = {packing_info<P>,
                                                   kernel_path<P, Arch>,
                                                   decodes_quickly<P, Arch>(),
                                                   backend_of<Arch>::fast_halves,
                                                   PackingProducts<P, Arch>::dense,
                                                   PackingProducts<P, Arch>::sparse,
                                                   PackingProducts<P, Arch>::signs,
                                                   PackingProducts<P, Arch>::listed_inputs,
                                                   PackingProducts<P, Arch>::listed_rows};

}  // namespace TERNION_ABI
}  // namespace ternion
