#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "../core/executor.hpp"
#include "../tensor/split_activations.hpp"
#include "int4_multiply.hpp"
#include "sparse_multiply.hpp"
#include "widening_product.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// Y[M,N] = X[M,K] · W[N,K]ᵀ for activations in two parts, as float: exact integers for each, added after dequantising,
///   y = float(sum_rest) * (w_scale * x_scale_rest) + residual,  then  y += float(sum_large) * (w_scale *
///   x_scale_large),
/// each addition a multiply_add. `out` has no row_scales. Identical bits with any packing, arch and executor.
template <class Arch = default_arch, Packing P, class E = Serial>
void multiply(TernaryView<P> w, const SplitActivations<0>& x, RowRange rows, const Output<float>& out,
              E&& executor = {}) {
    multiply<Arch>(w, x.rest(), rows, out, executor);
    multiply<Arch>(w, x.large(), rows, Output<float>{out.data, out.ld, out.data, out.ld}, executor);
}

/// The same with a scale for each group of channels: each part is the sum over its groups, in ascending order.
template <class Arch = default_arch, Packing P, std::size_t GroupInputs, class E = Serial>
requires(GroupInputs != 0) void multiply(TernaryView<P> w, const SplitActivations<GroupInputs>& x, RowRange rows,
                                         const Output<float>& out, E&& executor = {}) {
    TERNION_ASSERT(x.inputs() == w.cols() && rows.begin <= rows.end && rows.end <= w.rows() && out.ld >= rows.end &&
                   out.row_scales == nullptr);
    using B = backend_of<Arch>;
    using Held = SplitActivations<GroupInputs>;
    const auto widen_rest = [](const ActivationTiles& tiles, std::size_t m, std::size_t k, std::size_t count,
                               std::int8_t* q) noexcept {
        const auto& held = *static_cast<const Held*>(tiles.held);
        widen_int4<B>(held.rest().row(m * held.groups() + k / GroupInputs), 0, count, q);
    };
    const auto widen_large = [](const ActivationTiles& tiles, std::size_t m, std::size_t k, std::size_t count,
                                std::int8_t* q) noexcept {
        const auto& held = *static_cast<const Held*>(tiles.held);
        const auto row = held.large().row(m * held.groups() + k / GroupInputs);
        std::copy_n(row.data(), round_up(count, std::size_t{64}), q);  // behind the last input there are zeros
    };
    const auto add_part = [&](auto widen, const float* scales, const std::int32_t* sums, const Output<float>& to) {
        const ActivationTiles tiles{x.tokens(), x.inputs(), &x, widen, GroupInputs, scales, sums};
        const ActivationView none{nullptr, x.tokens(), x.inputs(), x.inputs(), scales, sums};
        const Results results(to, w.scale(), none);
        using Product = WideningProduct<B, P>;
        split_rows(rows, Product::step, executor, [&](RowRange part) { Product(w, tiles, results, &to).run(part); });
    };
    add_part(widen_rest, x.rest().scales(), x.rest().sums(), out);
    const ActivationView large = x.large().view();
    add_part(widen_large, large.scales, large.sums, {out.data, out.ld, out.data, out.ld});
}

}  // namespace TERNION_ABI
}  // namespace ternion
