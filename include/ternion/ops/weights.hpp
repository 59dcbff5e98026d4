#pragma once

#include <concepts>
#include <cstddef>

#include "../core/config.hpp"
#include "../tensor/activations.hpp"
#include "epilogue.hpp"
#include "multiply.hpp"

namespace ternion {

/// Weights that bring their own product, for activations X.
template <class W, class X>
concept OwnProduct =
    requires(const W& w, const X& x, RowRange rows, const Output<float>& out) { w.multiply(x, rows, out); };

/// Weights that the library multiplies: a packed matrix or a view of one, with whatever scales.
template <class W, class X, class Arch>
concept LibraryProduct = requires(const W& w, const X& x, RowRange rows, const Output<float>& out) {
    multiply_rows<Arch>(w.view(), x, rows, out);
};

/// Weights that say how large they are.
template <class W>
concept SizedWeights = requires(const W& w) {
    { w.rows() } -> std::convertible_to<std::size_t>;
    { w.cols() } -> std::convertible_to<std::size_t>;
};

/// What a linear layer multiplies its prepared inputs by, a matrix W[N,K] in whatever form:
///   w.rows(), w.cols()           N outputs, K inputs
///   w.multiply(x, rows, out)     Y[M,N] = X[M,K] · W[N,K]ᵀ for a range of rows of W, on the calling thread, by the
///                                formulas of Output; const, and safe for several threads at once with ranges that
///                                don't overlap; the results of a row don't depend on the range
/// PackedTernary, TernaryView, ScaledTernary and ScaledView model it by the library's products instead of a member of
/// their own, AnyTernary (packing and instruction set known at run time) by its table's. A new kind of weights is a new
/// model of this concept.
template <class W, class X = QuantizedActivations, class Arch = default_arch>
concept Weights = SizedWeights<W> && (OwnProduct<W, X> || LibraryProduct<W, X, Arch>);

inline namespace TERNION_ABI {

/// The product of any weights for a range of rows, on the executor's threads.
template <class Arch = default_arch, class X, Weights<X, Arch> W, ResultType Out, class E = Serial>
void multiply_weights(const W& w, const X& x, RowRange rows, const Output<Out>& out, E&& executor = {}) {
    if constexpr (OwnProduct<W, X>) {
        split_rows(rows, executor, [&](RowRange part) { w.multiply(x, part, out); });
    } else {
        multiply<Arch>(w.view(), x, rows, out, executor);
    }
}

/// Whether activations for these weights need the sums of their groups (sum_groups): scales in groups do.
template <class W>
bool weights_need_group_sums(const W& w) noexcept {
    if constexpr (requires { w.needs_group_sums(); }) {
        return w.needs_group_sums();
    } else if constexpr (requires { needs_group_sums(w.view()); }) {
        return needs_group_sums(w.view());
    } else {
        return false;
    }
}

}  // namespace TERNION_ABI
}  // namespace ternion
