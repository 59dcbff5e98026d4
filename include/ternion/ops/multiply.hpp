#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "../core/executor.hpp"
#include "../packing/packing.hpp"
#include "../simd/isa.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/listed_activations.hpp"
#include "../tensor/scales.hpp"
#include "../tensor/sign_activations.hpp"
#include "../tensor/sparse_activations.hpp"
#include "../tensor/split_activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "by_input_product.hpp"
#include "epilogue.hpp"
#include "float_product.hpp"
#include "grouped_in_place_product.hpp"
#include "grouped_panel_product.hpp"
#include "grouped_product.hpp"
#include "grouped_tile_product.hpp"
#include "in_place_product.hpp"
#include "kernel_path.hpp"
#include "lookup_product.hpp"
#include "mask_product.hpp"
#include "panel_product.hpp"
#include "quarter_product.hpp"
#include "row_product.hpp"
#include "sign_product.hpp"
#include "sparse_product.hpp"

namespace ternion {

inline namespace TERNION_ABI {

/// The path that products of packing P take on Arch.
template <Packing P, class Arch = default_arch>
inline constexpr KernelPath kernel_path = [] {
    using B = backend_of<Arch>;
    if constexpr (PanelPacking<P, B>) return KernelPath::panel;
    if constexpr (LookupPacking<P, B>) return KernelPath::lookup;
    if constexpr (ByInputPacking<P, B>) return KernelPath::by_input;
    if constexpr (PlanePacking<P, B>) {
        if constexpr (B::fast_masks) return KernelPath::mask;
    }
    if constexpr (InPlacePacking<P, B> || (QuarterPacking<P> && B::bytes <= 64)) return KernelPath::in_place;
    return SimdUnpacking<P, B> ? KernelPath::unpack_simd : KernelPath::unpack;
}();

/// Whether multiplying by this matrix takes the sums of groups of activations.
template <Packing P, class Scales>
bool needs_group_sums(const ScaledView<P, Scales>& w) noexcept {
    if constexpr (std::is_same_v<Scales, ScaleTable>) return w.scales().inputs != 0;
    return true;
}
template <Packing P>
bool needs_group_sums(const TernaryView<P>&) noexcept {
    return false;
}

/// A list of rows is multiplied for up to so many tokens at once.
inline constexpr std::size_t few_listed_tokens = 8;

/// Calls f(RowRange) for each run of rows of a list that follow each other.
template <class F>
void for_each_run(std::span<const std::uint32_t> rows, F&& f) {
    for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
        for (end = begin + 1; end < rows.size() && rows[end] == rows[end - 1] + 1;)
            ++end;
        f(RowRange{rows[begin], rows[end - 1] + std::size_t{1}});
    }
}

/// The product where weights, activations or both have scales in groups; out.row_scales play no part.
template <class Arch, Packing P, ResultType Out>
void multiply_groups(TernaryView<P> w, const GroupScales& scales, const ActivationView& x, RowRange rows,
                     const Output<Out>& out) noexcept {
    TERNION_ASSERT(x.m == 0 || (x.group_sums != nullptr && (x.scales != nullptr || x.group_scales != nullptr)));
    using B = backend_of<Arch>;
    const Results results(out, w.scale(), x);
    using Panels = GroupedPanelProduct<B, P>;
    if constexpr (Panels::exists) {
        if constexpr (Panels::few_tokens < max_inputs) {
            if (x.m > Panels::few_tokens) return GroupedTileProduct<B, P>(w, scales, x, results).run(rows);
        }
        Panels(w, scales, x, results).run(rows);
    } else {
        if constexpr (blocks_are_units<P, B>) {
            using Product = InPlaceProduct<B, P, BlockSums<B, P>>;
            if (scales.values == nullptr && Groups(scales, x).inputs == P::group_inputs &&
                x.m < GroupedTileProduct<B, P>::least_tokens && Product::takes(w.shape(), x.m))
                return Product(w, x, results, {scales, x}).run(rows);
        }
        if (x.m >= GroupedTileProduct<B, P>::least_tokens)
            return GroupedTileProduct<B, P>(w, scales, x, results).run(rows);
        GroupedProduct<B, P>(w, scales, x, results).run(rows);
    }
}

/// Y[M,N] = X[M,K] · W[N,K]ᵀ for a range of rows of W, on the calling thread: one thread's share of `multiply`.
template <class Arch = default_arch, Packing P, ResultType Out>
void multiply_rows(TernaryView<P> w, const ActivationView& x, RowRange rows, const Output<Out>& out) noexcept {
    TERNION_ASSERT(x.k == w.cols() && x.ld >= x.k);
    TERNION_ASSERT(rows.begin <= rows.end && rows.end <= w.rows() && out.ld >= rows.end);
    if constexpr (!std::same_as<Out, std::int32_t>) {
        TERNION_ASSERT(x.m == 0 || x.scales != nullptr || x.group_scales != nullptr);
        if (x.group_scales != nullptr) {
            const float scale = w.scale();
            const GroupScales scales{0, out.row_scales == nullptr ? &scale : out.row_scales, out.row_scales != nullptr};
            return multiply_groups<Arch>(w, scales, x, rows, out);
        }
    }
    using B = backend_of<Arch>;
    const Results results(out, w.scale(), x);
    if constexpr (kernel_path<P, Arch> == KernelPath::panel) {
        PanelProduct<B, P>(w, x, results).run(rows);
    } else if constexpr (kernel_path<P, Arch> == KernelPath::lookup) {
        LookupProduct<B, P>(w, x, results).run(rows);
    } else if constexpr (kernel_path<P, Arch> == KernelPath::mask) {
        MaskProduct<B, P>(w, x, results).run(rows);
    } else if constexpr (kernel_path<P, Arch> == KernelPath::by_input) {
        ByInputProduct<B, P>(w, x, results).run(rows);
    } else {
        if constexpr (InPlacePacking<P, B>) {
            if (InPlaceProduct<B, P>::takes(w.shape(), x.m)) return InPlaceProduct<B, P>(w, x, results).run(rows);
        }
        if constexpr (kernel_path<P, Arch> == KernelPath::in_place && QuarterPacking<P>) {
            if (x.m <= QuarterProduct<B, P>::few_tokens) return QuarterProduct<B, P>(w, x, results).run(rows);
        }
        RowProduct<B, P>(w, x, results).run(rows);
    }
}

/// The same for activations with an index of what isn't zero: Interleaved2x16 skips blocks of zeros where that is
/// faster; otherwise, and with other packings, zeros are multiplied like all integers.
template <class Arch = default_arch, Packing P, ResultType Out>
void multiply_rows(TernaryView<P> w, const SparseActivations& x, RowRange rows, const Output<Out>& out) noexcept {
    const ActivationView dense = x.view();
    using B = backend_of<Arch>;
    if constexpr (SkippablePanels<P, B>) {
        if (x.group_inputs() == 0 && worth_skipping(x)) {
            const Results results(out, w.scale(), dense);
            for (std::size_t m = 0; m < x.tokens(); ++m)
                SparseProduct<B, P>(w, x, m, results).run(rows);
            return;
        }
    }
    multiply_rows<Arch>(w, dense, rows, out);
}

/// The same for activations with a list of inputs: weights that are stored by input (ByInput) are read for those alone,
/// where there are few tokens; with other packings, and scales in groups, all of them are multiplied. The results are
/// the same in every bit.
template <class Arch = default_arch, Packing P, ResultType Out>
void multiply_rows(TernaryView<P> w, const ListedActivations& x, RowRange rows, const Output<Out>& out) noexcept {
    TERNION_ASSERT(is_list(x.inputs, w.cols()));
    if constexpr (kernel_path<P, Arch> == KernelPath::by_input) {
        const ActivationView& dense = x.activations;
        TERNION_ASSERT(dense.k == w.cols() && dense.ld >= dense.k);
        TERNION_ASSERT(rows.begin <= rows.end && rows.end <= w.rows() && out.ld >= rows.end);
        if (dense.group_scales == nullptr || std::same_as<Out, std::int32_t>) {
            ByInputProduct<backend_of<Arch>, P>(w, dense, Results(out, w.scale(), dense)).run(rows, x.inputs);
            return;
        }
    }
    multiply_rows<Arch>(w, x.activations, rows, out);
}

/// Y[m][n] for the listed rows n of W, in ascending order; Y's other columns are left as they are. Rows that lie one
/// after the other (Trits5Rows, and files' layouts whose rows are multiplied in place) are read alone, for few tokens;
/// of other packings whatever a kernel takes at once. On the calling thread: several take a part of the list each. The
/// results are those of a product with all rows, in every bit; preconditions as there.
template <class Arch = default_arch, Packing P, ResultType Out>
void multiply_listed_rows(TernaryView<P> w, const ActivationView& x, std::span<const std::uint32_t> rows,
                          const Output<Out>& out) noexcept {
    TERNION_ASSERT(is_list(rows, w.rows()) && x.k == w.cols() && x.ld >= x.k);
    using B = backend_of<Arch>;
    if constexpr (InPlacePacking<P, B>) {
        const bool one_scale = x.group_scales == nullptr || std::same_as<Out, std::int32_t>;
        if (P::row_bytes(w.shape()) != 0 && x.m <= few_listed_tokens && one_scale)
            return InPlaceProduct<B, P>(w, x, Results(out, w.scale(), x)).run(rows);
    }
    for_each_run(rows, [&](RowRange run) { multiply_rows<Arch>(w, x, run, out); });
}

/// The same for activations of -1 and +1: by exclusive or and counts of bits where the packing is BitPlanes or Binary.
template <class Arch = default_arch, Packing P, ResultType Out>
void multiply_rows(TernaryView<P> w, const SignActivations& x, RowRange rows, const Output<Out>& out) noexcept {
    const ActivationView dense = x.view();
    if constexpr (SignPlanes<P>) {
        SignProduct<P>(w, x, Results(out, w.scale(), dense)).run(rows);
    } else {
        multiply_rows<Arch>(w, dense, rows, out);
    }
}

/// The same for weights with a scale for each row, float(sum) * (w_scale_n * x_scale), or for each group of inputs, by
/// the formula of grouped_product.hpp; x.group_sums is a precondition then. int32 results are the exact sums, which no
/// scale plays a part in.
template <class Arch = default_arch, Packing P, class Scales, ResultType Out>
void multiply_rows(const ScaledView<P, Scales>& w, const ActivationView& x, RowRange rows,
                   const Output<Out>& out) noexcept {
    if constexpr (std::same_as<Out, std::int32_t>) {
        multiply_rows<Arch>(w.trits(), x, rows, out);
    } else if constexpr (std::is_same_v<Scales, ScaleTable>) {
        const ScaleTable table = w.scales();
        if (table.inputs != 0)
            return multiply_groups<Arch>(w.trits(), {table.inputs, table.values, w.groups(), table.rows}, x, rows, out);
        Output<Out> scaled = out;
        scaled.row_scales = table.values.floats();
        multiply_rows<Arch>(w.trits(), x, rows, scaled);
    } else {
        static_assert(std::is_same_v<Scales, BlockScales>, "scales lie in a ScaleTable, or among the bytes of W");
        multiply_groups<Arch>(w.trits(), {P::group_inputs, nullptr}, x, rows, out);
    }
}

/// The same for activations in two parts: exact integers for each, added after dequantising,
///   y = float(sum_rest) * (w_scale * x_scale_rest) + residual,  then
///   y += float(sum_large) * (w_scale * x_scale_large),
/// each addition a multiply_add, and with scales in groups each part the sum over its groups. w has any scales.
template <class Arch = default_arch, class W>
void multiply_rows(const W& w, const SplitActivations& x, RowRange rows, const Output<float>& out) noexcept {
    Output<float> sum = out;
    sum.residual = out.data;
    sum.residual_ld = out.ld;
    multiply_rows<Arch>(w, x.rest.view(), rows, out);
    multiply_rows<Arch>(w, x.large, rows, sum);
}

/// Calls f(RowRange) for each thread's share of some rows of W. Shares begin where panels of 16 rows do, and with them
/// the sets of rows that any kernel takes at once.
template <class E, class F>
void split_rows(RowRange rows, E& executor, F&& f) {
    constexpr std::size_t step = 16;
    const std::size_t first = rows.begin / step * step;
    split(rows.end - first, step, executor,
          [&](std::size_t begin, std::size_t end) { f(RowRange{(std::max)(first + begin, rows.begin), first + end}); });
}

/// Y[M,N] = X[M,K] · W[N,K]ᵀ for a range of rows of W, on the executor's threads: the full form that gemv and gemm
/// call, for engines with buffers of their own. w is a view of a matrix, x any type of activations that has a
/// `multiply_rows`. Shapes are preconditions (x.k = w.cols(), rows within w.rows(), out.ld >= rows.end); column n of Y
/// is row n of W, whatever the range. x, w and out must not overlap, but out may be its own residual. Exact: the sums
/// are those of the integers, whatever the packing, arch, executor or batch, and float results are the same in every
/// bit. Allocates nothing.
template <class Arch = default_arch, class W, class Activations, ResultType Out, class E = Serial>
void multiply(const W& w, const Activations& x, RowRange rows, const Output<Out>& out, E&& executor = {}) {
    split_rows(rows, executor, [&](RowRange part) { multiply_rows<Arch>(w, x, part, out); });
}

}  // namespace TERNION_ABI
}  // namespace ternion
