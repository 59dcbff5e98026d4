#pragma once

#include <cstddef>
#include <cstdint>

#include "../core/executor.hpp"
#include "../tensor/int4_activations.hpp"
#include "multiply.hpp"
#include "widening_product.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// Y[M,N] = X[M,K] · W[N,K]ᵀ for activations of 4 bits, as `multiply` of an ActivationView is otherwise. They are
/// widened a tile of at most 1024 inputs at a time, in the first cache. Exact, with any packing; allocates nothing.
template <class Arch = default_arch, Packing P, ResultType Out, class E = Serial>
void multiply(TernaryView<P> w, const Int4Activations& x, RowRange rows, const Output<Out>& out, E&& executor = {}) {
    TERNION_ASSERT(x.inputs() == w.cols() && rows.begin <= rows.end && rows.end <= w.rows() && out.ld >= rows.end);
    using B = backend_of<Arch>;
    const auto widen = [](const ActivationTiles& tiles, std::size_t m, std::size_t k, std::size_t count,
                          std::int8_t* q) noexcept {
        widen_int4<B>(static_cast<const Int4Activations*>(tiles.held)->row(m), k, count, q);
    };
    const ActivationTiles tiles{x.tokens(), x.inputs(), &x, widen};
    const ActivationView scales{nullptr, x.tokens(), x.inputs(), x.inputs(), x.scales(), x.sums()};
    const Results results(out, w.scale(), scales);
    using Product = WideningProduct<B, P>;
    split_rows(rows, Product::step, executor, [&](RowRange part) { Product(w, tiles, results).run(part); });
}

}  // namespace TERNION_ABI
}  // namespace ternion
