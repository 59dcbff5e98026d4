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
#include "tile_kernel.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// A product of a packing of panels, for some rows of W on one thread: few tokens by the panel kernel, many by the tile
/// kernel. Blocks lie on the stack.
template <class B, class P>
class PanelProduct {
 public:
    PanelProduct(const TernaryView<P>& w, const ActivationView& x, const Results& results) noexcept
        : w_(w), x_(x), results_(results), stride_(P::panel_bytes(w.shape())) {}

    void run(RowRange rows) noexcept {
        const std::size_t block = x_.m <= few_limit ? few_limit : block_of_tokens();
        for (std::size_t m = 0; m < x_.m; m += block) {
            const std::size_t tokens = (std::min)(x_.m - m, block);
            tokens <= few_limit ? few_by_panel(rows, m, tokens) : many_by_tile(rows, m, tokens);
        }
    }

 private:
    using Kernel = TileKernel<B>;
    /// Up to here the panel kernel decodes anew for each block of tokens, if it has registers for large ones.
    static constexpr std::size_t few_tokens = 48;
    static constexpr std::size_t few_limit = B::registers > 16 ? few_tokens : 6;
    /// What the tile kernel takes at once, at most: a multiple of its 6 or 4 tokens, and activations that stay in the
    /// second cache.
    static constexpr std::size_t many_tokens = 264;
    static constexpr std::size_t many_bytes = std::size_t{1} << 20;
    /// Whether registers hold two panels at once.
    static constexpr bool paired = PanelKernel<B, P, 1, 2>::whole;
    static constexpr std::size_t tile_chunks = Kernel::inputs / P::chunk_inputs;
    using FewTail = ActivationTail<few_tokens>;
    using ManyTail = ActivationTail<many_tokens>;
    static_assert(P::chunk_inputs <= FewTail::inputs);

    /// Tokens that the tile kernel takes at once: blocks of equal size, as large as the caches allow.
    [[nodiscard]] std::size_t block_of_tokens() const noexcept {
        const std::size_t most = std::clamp<std::size_t>(many_bytes / x_.k, 2 * few_tokens, many_tokens);
        return round_up(ceil_div(x_.m, ceil_div(x_.m, most)), std::size_t{12});
    }

    [[nodiscard]] std::size_t full_chunks() const noexcept { return x_.k / P::chunk_inputs; }
    [[nodiscard]] bool ragged() const noexcept { return x_.k % P::chunk_inputs != 0; }
    [[nodiscard]] const std::byte* panel(std::size_t row) const noexcept {
        return w_.data() + row / P::panel_rows * stride_;
    }

    void few_by_panel(RowRange rows, std::size_t m, std::size_t tokens) const noexcept {
        FewTail tail;
        if (ragged()) tail.fill(x_, m, tokens, full_chunks() * P::chunk_inputs);
        // A panel of the first half goes with one of the second: two streams that never jump.
        std::size_t row = rows.begin / P::panel_rows * P::panel_rows;
        if constexpr (paired) {
            const std::size_t half = ceil_div(rows.end - row, P::panel_rows) / 2 * P::panel_rows;
            for (const std::size_t end = row + half; row < end; row += P::panel_rows)
                some_panels<2>(rows, row, half, m, tokens, tail);
            row += half;
        }
        for (; row < rows.end; row += P::panel_rows)
            some_panels<1>(rows, row, 0, m, tokens, tail);
    }

    /// R panels, from `row` on, `apart` rows apart.
    template <std::size_t R>
    void some_panels(RowRange rows, std::size_t row, std::size_t apart, std::size_t m, std::size_t tokens,
                     const FewTail& tail) const noexcept {
        const std::size_t full = full_chunks();
        const std::size_t stride = apart / P::panel_rows * stride_;
        alignas(64) std::int32_t sums[few_tokens * R * P::panel_rows];
        run_panels<B, P, R>(panel(row), stride, full, x_.q + m * x_.ld, x_.ld, tokens, sums, false);
        if (ragged()) {
            run_panels<B, P, R>(panel(row) + full * P::chunk_bytes, stride, 1, tail.q[0], FewTail::inputs, tokens, sums,
                                true);
        }
        for (std::size_t r = 0; r < R; ++r) {
            results_.template write<P::panel_rows, R * P::panel_rows>(m, tokens, row + r * apart, rows,
                                                                      sums + r * P::panel_rows);
        }
    }

    void many_by_tile(RowRange rows, std::size_t m, std::size_t tokens) const noexcept {
        const std::size_t full = full_chunks();
        ManyTail tail;
        if (ragged()) tail.fill(x_, m, tokens, full * P::chunk_inputs);
        alignas(64) std::int32_t sums[many_tokens * Kernel::rows];
        for (std::size_t row = rows.begin / P::panel_rows * P::panel_rows; row < rows.end; row += Kernel::rows) {
            std::fill_n(sums, tokens * Kernel::rows, 0);
            bool last = false;
            const auto write_these = [&](std::size_t first, std::size_t count) TERNION_INLINE_LAMBDA {
                if (!last) return;
                const std::size_t next = first + count;
                results_.template prefetch<B, Kernel::rows>(m + next, (std::min)(Kernel::tokens, tokens - next), row,
                                                            rows);
                results_.template write<Kernel::rows>(m + first, count, row, rows, sums + first * Kernel::rows);
            };
            for (std::size_t c = 0; c < full; c += tile_chunks) {
                const std::size_t chunks = (std::min)(tile_chunks, full - c);
                last = !ragged() && c + chunks == full;
                multiply_tile(row, rows.end, c, chunks, x_.q + m * x_.ld + c * P::chunk_inputs, x_.ld, tokens, sums,
                              write_these);
            }
            last = true;
            if (ragged()) multiply_tile(row, rows.end, full, 1, tail.q[0], ManyTail::inputs, tokens, sums, write_these);
        }
    }

    template <class Done>
    void multiply_tile(std::size_t row, std::size_t end, std::size_t chunk, std::size_t chunks, const std::int8_t* x,
                       std::size_t ld, std::size_t tokens, std::int32_t* sums, Done&& done) const noexcept {
        alignas(64) std::uint8_t tile[tile_chunks * P::codes_per_byte * Kernel::step_bytes];
        const std::size_t panels = ceil_div((std::min)(Kernel::rows, end - row), P::panel_rows);
        const bool last = (chunk + chunks) * P::chunk_inputs >= x_.k;
        const std::byte* next = last ? panel(row + Kernel::rows) : panel(row) + (chunk + chunks) * P::chunk_bytes;
        for (std::size_t p = 0; p < Kernel::rows / P::panel_rows; ++p) {
            // Rows past the end multiply whatever panel is last; they are left out when results are written.
            const std::size_t at = (std::min)(p, panels - 1) * stride_;
            decode_panel<B, P>(panel(row) + at + chunk * P::chunk_bytes, next + at, chunks, tile + p * P::chunk_bytes);
        }
        Kernel::run(tile, chunks * P::codes_per_byte, x, ld, tokens, sums, done);
    }

    TernaryView<P> w_;
    const ActivationView& x_;
    const Results& results_;
    std::size_t stride_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
