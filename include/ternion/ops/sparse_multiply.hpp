#pragma once

#include <cstddef>

#include "../core/executor.hpp"
#include "../tensor/sparse_activations.hpp"
#include "multiply.hpp"
#include "sparse_product.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// Whether tokens have so few blocks that skipping the others is faster than the dense kernels.
inline bool worth_skipping(const SparseActivations& x) noexcept {
    const std::size_t all = ceil_div(x.inputs(), SparseActivations::block_inputs);
    std::size_t found = 0;
    for (std::size_t m = 0; m < x.tokens(); ++m) {
        if (!SortedBlocks::fits(x.inputs(), x.blocks(m).size())) return false;
        found += x.blocks(m).size();
    }
    const std::size_t tenths = x.tokens() == 1 ? 6 : 3;
    return found * 10 <= all * x.tokens() * tenths;
}

/// Y[M,N] = X[M,K] · W[N,K]ᵀ for activations with an index of what isn't zero, as `multiply` of an ActivationView is
/// otherwise. Interleaved2x16 skips blocks of zeros where that is faster; otherwise, and with other packings, zeros are
/// multiplied like all integers. Exact; allocates nothing.
template <class Arch = default_arch, Packing P, ResultType Out, class E = Serial>
void multiply(TernaryView<P> w, const SparseActivations& x, RowRange rows, const Output<Out>& out, E&& executor = {}) {
    TERNION_ASSERT(x.inputs() == w.cols() && rows.begin <= rows.end && rows.end <= w.rows() && out.ld >= rows.end);
    using B = backend_of<Arch>;
    const ActivationView dense = x.view();
    if constexpr (SkippablePanels<P, B>) {
        if (worth_skipping(x)) {
            using Product = SparseProduct<B, P>;
            const Results results(out, w.scale(), dense);
            split_rows(rows, Product::step, executor, [&](RowRange part) {
                for (std::size_t m = 0; m < x.tokens(); ++m)
                    Product(w, x, m, results).run(part);
            });
            return;
        }
    }
    multiply<Arch>(w, dense, rows, out, executor);
}

}  // namespace TERNION_ABI
}  // namespace ternion
