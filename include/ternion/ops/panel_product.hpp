#pragma once

// The product of panel packings (packing/panel.hpp).

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "panel_kernel.hpp"
#include "tile_product.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// A product of a packing of panels, for some rows of W on one thread: few tokens by the panel kernel, many by the tile
/// kernel (tile_product.hpp). Blocks lie on the stack.
template <class B, class P>
class PanelProduct {
 public:
    PanelProduct(const TernaryView<P>& w, const ActivationView& x, const Results& results) noexcept
        : w_(w), x_(x), results_(results), stride_(P::panel_bytes(w.shape())) {}

    void run(RowRange rows) noexcept {
        if (x_.m > few_limit) return TileProduct<B, P>(w_, x_, results_).run(rows);
        few_by_panel(rows);
    }

 private:
    /// Up to here the panel kernel decodes anew for each block of tokens, if it has registers for large ones.
    static constexpr std::size_t few_tokens = 48;
    static constexpr std::size_t few_limit = B::registers > 16 ? few_tokens : 6;
    /// Whether registers hold two panels at once.
    static constexpr bool paired = PanelKernel<B, P, 1, 2>::whole;
    using Tail = ActivationTail<few_tokens>;
    static_assert(P::chunk_inputs <= Tail::inputs);

    [[nodiscard]] std::size_t full_chunks() const noexcept { return x_.k / P::chunk_inputs; }
    [[nodiscard]] bool ragged() const noexcept { return x_.k % P::chunk_inputs != 0; }
    [[nodiscard]] const std::byte* panel(std::size_t row) const noexcept {
        return w_.data() + row / P::panel_rows * stride_;
    }

    void few_by_panel(RowRange rows) const noexcept {
        Tail tail;
        if (ragged()) tail.fill(x_, 0, x_.m, full_chunks() * P::chunk_inputs);
        // A panel of the first half goes with one of the second: two streams that never jump.
        std::size_t row = rows.begin / P::panel_rows * P::panel_rows;
        if constexpr (paired) {
            const std::size_t half = ceil_div(rows.end - row, P::panel_rows) / 2 * P::panel_rows;
            for (const std::size_t end = row + half; row < end; row += P::panel_rows)
                some_panels<2>(rows, row, half, tail);
            row += half;
        }
        for (; row < rows.end; row += P::panel_rows)
            some_panels<1>(rows, row, 0, tail);
    }

    /// R panels, from `row` on, `apart` rows apart.
    template <std::size_t R>
    void some_panels(RowRange rows, std::size_t row, std::size_t apart, const Tail& tail) const noexcept {
        const std::size_t full = full_chunks();
        const std::size_t stride = apart / P::panel_rows * stride_;
        alignas(64) std::int32_t sums[few_tokens * R * P::panel_rows];
        run_panels<B, P, R>(panel(row), stride, full, x_.q, x_.ld, x_.m, sums, false);
        if (ragged()) {
            run_panels<B, P, R>(panel(row) + full * P::chunk_bytes, stride, 1, tail.q[0], Tail::inputs, x_.m, sums,
                                true);
        }
        for (std::size_t r = 0; r < R; ++r) {
            results_.template write<P::panel_rows, R * P::panel_rows>(0, x_.m, row + r * apart, rows,
                                                                      sums + r * P::panel_rows);
        }
    }

    TernaryView<P> w_;
    const ActivationView& x_;
    const Results& results_;
    std::size_t stride_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
