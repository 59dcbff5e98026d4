#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../packing/lookup_panel.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "lookup_kernel.hpp"
#include "row_product.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// A product of a packing that is looked up, for some rows of W on one thread. Tables are made for a block of K and a
/// few tokens at a time and meet many rows, so they cost little; they lie on the stack. Many tokens are multiplied by
/// rows that are unpacked once for all of them.
///
/// Four panels at once, and rows in one piece, are what weights from DRAM ask for. GEMV of 6912 x 2560, GMAC/s from
/// DRAM (one thread, g++ 12, an AMD EPYC with AVX-512 VBMI), PairLookup and TripleLookup:
///
///                            blocks of 64 chunks       of 264
///   two panels at once       50, 55                    50, 62
///   four                     59, 62                    70, 73
template <class B, class P>
class LookupProduct {
 public:
    LookupProduct(const TernaryView<P>& w, const ActivationView& x, const Results& results) noexcept
        : w_(w), x_(x), results_(results), stride_(P::panel_bytes(w.shape())) {}

    void run(RowRange rows) noexcept {
        if (x_.m > few_tokens) return RowProduct<B, P>(w_, x_, results_).run(rows);
        for (std::size_t m = 0; m < x_.m; m += block_tokens) {
            for (std::size_t row = rows.begin / P::panel_rows * P::panel_rows; row < rows.end; row += block_rows)
                multiply_block(rows, row, m, std::min(x_.m - m, block_tokens));
        }
    }

 private:
    using Table = LookupTable<P>;
    static constexpr std::size_t few_tokens = 64;  // scalar unpacking pays for no fewer
    static constexpr std::size_t block_tokens = 4;
    static constexpr std::size_t block_rows = 2048;
    static constexpr std::size_t block_chunks = LookupKernel<B, P, 1>::max_chunks;  // of all tokens together
    static constexpr std::size_t panels_at_once = 4;
    using Tail = ActivationTail<block_tokens>;
    static_assert(P::chunk_inputs <= Tail::inputs && block_rows % P::panel_rows == 0);

    void multiply_block(RowRange rows, std::size_t first, std::size_t m, std::size_t tokens) const noexcept {
        const std::size_t panels = ceil_div(std::min(rows.end - first, block_rows), P::panel_rows);
        const std::size_t chunks = P::chunks(w_.shape());
        alignas(64) std::int32_t sums[block_tokens * block_rows];
        for (std::size_t t = 0; t < tokens; ++t)  // the epilogue subtracts this
            std::fill_n(sums + t * block_rows, panels * P::panel_rows, x_.sums[m + t]);
        const std::size_t block = block_chunks / tokens;
        for (std::size_t c = 0; c < chunks; c += block)
            multiply_chunks(first, panels, c, std::min(chunks - c, block), m, tokens, sums);
        results_.write<block_rows>(m, tokens, first, rows, sums);
    }

    /// Adds what `count` chunks, the first of them number c, give the sums of some panels.
    void multiply_chunks(std::size_t row, std::size_t panels, std::size_t c, std::size_t count, std::size_t m,
                         std::size_t tokens, std::int32_t* sums) const noexcept {
        alignas(64) std::uint8_t tables[block_chunks * Table::chunk_bytes];
        const std::size_t table_bytes = count * Table::chunk_bytes;
        make_tables(c, count, m, tokens, tables);
        const std::byte* panel = w_.data() + row / P::panel_rows * stride_ + c * P::chunk_bytes;
        const auto multiply = [&]<std::size_t R>(std::size_t p) {
            for (std::size_t t = 0; t < tokens; ++t) {
                LookupKernel<B, P, R>::run(panel + p * stride_, stride_, count, tables + t * table_bytes,
                                           sums + t * block_rows + p * P::panel_rows);
            }
        };
        std::size_t p = 0;
        for (; p + panels_at_once <= panels; p += panels_at_once)
            multiply.template operator()<panels_at_once>(p);
        for (; p < panels; ++p)
            multiply.template operator()<1>(p);
    }

    void make_tables(std::size_t c, std::size_t count, std::size_t m, std::size_t tokens,
                     std::uint8_t* tables) const noexcept {
        const std::size_t whole = std::min(count, x_.k / P::chunk_inputs - c);
        Tail tail;
        if (whole != count) tail.fill(x_, m, tokens, (c + whole) * P::chunk_inputs);
        for (std::size_t t = 0; t < tokens; ++t, tables += count * Table::chunk_bytes) {
            Table::make(x_.q + (m + t) * x_.ld + c * P::chunk_inputs, whole, tables);
            if (whole != count) Table::make(tail.q[t], 1, tables + whole * Table::chunk_bytes);
        }
    }

    TernaryView<P> w_;
    const ActivationView& x_;
    const Results& results_;
    std::size_t stride_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
