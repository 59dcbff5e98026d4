#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "../core/executor.hpp"
#include "../packing/packing.hpp"
#include "../simd/isa.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "kernel_path.hpp"
#include "lookup_product.hpp"
#include "mask_product.hpp"
#include "panel_product.hpp"
#include "results.hpp"
#include "row_product.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// The product that a packing has with a backend.
template <class B, Packing P>
constexpr auto product_of() noexcept {
    if constexpr (PanelPacking<P, B>) {
        return std::type_identity<PanelProduct<B, P>>{};
    } else if constexpr (LookupPacking<P, B>) {
        return std::type_identity<LookupProduct<B, P>>{};
    } else if constexpr (PlanePacking<P, B> && B::fast_masks) {
        return std::type_identity<MaskProduct<B, P>>{};
    } else {
        return std::type_identity<RowProduct<B, P>>{};
    }
}
template <class B, Packing P>
using ProductOf = typename decltype(product_of<B, P>())::type;

/// Splits rows of W among threads, at multiples of `step`, and calls f(RowRange) for each part.
template <class E, class F>
void split_rows(RowRange rows, std::size_t step, E& executor, F&& f) {
    const std::size_t first = rows.begin / step * step;
    split(rows.end - first, step, executor, [&](std::size_t begin, std::size_t end) {
        f(RowRange{std::max(first + begin, rows.begin), first + end});
    });
}

/// The path that multiplications of packing P take on Arch.
template <Packing P, class Arch = default_arch>
inline constexpr KernelPath kernel_path = ProductOf<backend_of<Arch>, P>::path;

/// Y[M,N] = X[M,K] · W[N,K]ᵀ for a range of rows of W, on the executor's threads: the full form that gemv and gemm
/// call, for engines with buffers of their own. Shapes are preconditions (x.k = w.cols(), rows within w.rows(), out.ld
/// >= rows.end); column n of Y is row n of W, whatever the range. x, w and out must not overlap, but out may be its own
/// residual. Exact: the sums are those of the integers, whatever the packing, arch, executor or batch. Allocates
/// nothing.
template <class Arch = default_arch, Packing P, ResultType Out, class E = Serial>
void multiply(TernaryView<P> w, const ActivationView& x, RowRange rows, const Output<Out>& out, E&& executor = {}) {
    TERNION_ASSERT(x.k == w.cols() && x.ld >= x.k);
    TERNION_ASSERT(rows.begin <= rows.end && rows.end <= w.rows() && out.ld >= rows.end);
    TERNION_ASSERT(x.m == 0 || x.scales != nullptr || (std::same_as<Out, std::int32_t>));
    using Product = ProductOf<backend_of<Arch>, P>;
    const Results results(out, w.scale(), x);
    split_rows(rows, Product::step, executor, [&](RowRange part) { Product(w, x, results).run(part); });
}

/// The same for activations as a quantizer leaves them. Every holder of activations has such an overload.
template <class Arch = default_arch, Packing P, ResultType Out, class E = Serial>
void multiply(TernaryView<P> w, const QuantizedActivations& x, RowRange rows, const Output<Out>& out,
              E&& executor = {}) {
    multiply<Arch>(w, x.view(), rows, out, executor);
}

}  // namespace TERNION_ABI
}  // namespace ternion
