#pragma once

// The product with many tokens, of every packing that is decoded to bytes: 64 rows by some inputs at a time, a tile of
// tile_kernel.hpp. Panels have the order of a tile already; rows of other packings are unpacked and transposed.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../core/unroll.hpp"
#include "../packing/packing.hpp"
#include "../packing/panel.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "tile_kernel.hpp"
#include "unpack_row.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// Decodes `chunks` chunks of one panel into its 16 rows of a tile. `next` is where those of the next tile begin: they
/// are read in pieces too short to be guessed.
template <class B, class P>
TERNION_INLINE void decode_panel(const std::byte* panel, const std::byte* next, std::size_t chunks,
                                 std::uint8_t* tile) noexcept {
    constexpr std::size_t step_bytes = TileKernel<B>::step_bytes;
    for (std::size_t c = 0; c < chunks; ++c) {
        B::prefetch(next + c * P::chunk_bytes);
        unroll<P::chunk_bytes / B::bytes>([&](auto part) TERNION_INLINE_LAMBDA {
            const auto split = P::template split_bytes<B>(B::load_once(panel + c * P::chunk_bytes + part * B::bytes));
            unroll<P::codes_per_byte>([&](auto f) TERNION_INLINE_LAMBDA {
                B::store(tile + (c * P::codes_per_byte + f) * step_bytes + part * B::bytes,
                         P::template field<B, f, 2>(split));
            });
        });
    }
}

/// Unpacks `count` inputs of four rows, from `k` on, into their place in a tile, and codes of zero trits up to a whole
/// step.
template <class B, Packing P>
TERNION_INLINE void decode_rows(const TernaryView<P>& w, const std::array<std::size_t, 4>& rows, std::size_t k,
                                std::size_t count, std::uint8_t* tile) noexcept {
    constexpr std::size_t inputs = TileKernel<B>::inputs, step_bytes = TileKernel<B>::step_bytes;
    alignas(64) std::uint8_t codes[4][inputs];
    for (std::size_t r = 0; r < 4; ++r) {
        unpack_row<B>(w, rows[r], k, count, codes[r]);
        std::memset(codes[r] + count, 1, round_up(count, std::size_t{16}) - count);
    }
    for (std::size_t i = 0; i < count; i += 16)
        B::transpose4(codes[0] + i, inputs, tile + i / 4 * step_bytes, step_bytes);
}

/// Decodes W to tiles: by panels, or rows that are unpacked and transposed.
template <class B, Packing P, bool ByPanels = PanelPacking<P, B>>
struct TileDecoder {
    using Kernel = TileKernel<B>;
    /// Inputs that are decoded together: a chunk of a panel, or a step of a tile.
    static constexpr std::size_t chunk_inputs = [] {
        if constexpr (ByPanels) return P::chunk_inputs;
        return std::size_t{4};
    }();

    /// The tile of the 64 rows from `row` on and the inputs of some chunks. Rows past `end` are those of the last
    /// panel, or the last row, again: they are left out when results are written.
    static void decode(const TernaryView<P>& w, std::size_t row, std::size_t end, std::size_t chunk, std::size_t chunks,
                       std::uint8_t* tile) noexcept {
        if constexpr (ByPanels) {
            const std::size_t stride = P::panel_bytes(w.shape());
            const std::size_t panels = ceil_div((std::min)(Kernel::rows, end - row), P::panel_rows);
            const bool last = (chunk + chunks) * chunk_inputs >= w.cols();
            const std::byte* from = w.data() + row / P::panel_rows * stride;
            const std::byte* next =
                from + (last ? Kernel::rows / P::panel_rows * stride : (chunk + chunks) * P::chunk_bytes);
            for (std::size_t p = 0; p < Kernel::rows / P::panel_rows; ++p) {
                const std::size_t at = (std::min)(p, panels - 1) * stride;
                decode_panel<B, P>(from + at + chunk * P::chunk_bytes, next + at, chunks, tile + p * P::chunk_bytes);
            }
        } else {
            const std::size_t k = chunk * chunk_inputs;
            const std::size_t count = (std::min)(chunks * chunk_inputs, w.cols() - k);
            for (std::size_t r = 0; r < Kernel::rows; r += 4) {
                const auto at = [&](std::size_t i) { return (std::min)(row + r + i, end - 1); };
                decode_rows<B>(w, {at(0), at(1), at(2), at(3)}, k, count, tile + 4 * r);
            }
        }
    }
};

/// How many tokens are multiplied at once: a multiple of the kernel's, with activations that stay in the second cache.
template <class Kernel>
struct TokenBlocks {
    static constexpr std::size_t most = 264;
    static constexpr std::size_t least = 96;  // however many inputs they have
    static constexpr std::size_t most_bytes = std::size_t{1} << 20;
    static_assert(most % Kernel::tokens == 0 && least % Kernel::tokens == 0);

    /// The tokens of each of some blocks of equal size, as large as the caches allow.
    static TERNION_INLINE std::size_t of(std::size_t tokens, std::size_t inputs) noexcept {
        const std::size_t limit = std::clamp(most_bytes / inputs, least, most);
        return round_up(ceil_div(tokens, ceil_div(tokens, limit)), Kernel::tokens);
    }
};

/// The product with many tokens, for some rows of W on one thread. Blocks lie on the stack.
template <class B, Packing P>
class TileProduct {
 public:
    TileProduct(const TernaryView<P>& w, const ActivationView& x, const Results& results) noexcept
        : w_(w), x_(x), results_(results) {}

    void run(RowRange rows) noexcept {
        const std::size_t block = Blocks::of(x_.m, x_.k);
        for (std::size_t m = 0; m < x_.m; m += block)
            multiply_block(rows, m, (std::min)(x_.m - m, block));
    }

 private:
    using Kernel = TileKernel<B>;
    using Decoder = TileDecoder<B, P>;
    static constexpr std::size_t chunk_inputs = Decoder::chunk_inputs;
    static constexpr std::size_t tile_chunks = Kernel::inputs / chunk_inputs;
    using Blocks = TokenBlocks<Kernel>;
    static constexpr std::size_t most_tokens = Blocks::most;
    using Tail = ActivationTail<most_tokens>;
    static_assert(chunk_inputs <= Tail::inputs);

    void multiply_block(RowRange rows, std::size_t m, std::size_t tokens) const noexcept {
        const std::size_t full = x_.k / chunk_inputs;
        const bool ragged = x_.k % chunk_inputs != 0;
        Tail tail;
        if (ragged) tail.fill(x_, m, tokens, full * chunk_inputs);
        alignas(64) std::int32_t sums[most_tokens * Kernel::rows];
        for (std::size_t row = rows.begin / 16 * 16; row < rows.end; row += Kernel::rows) {
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
                last = !ragged && c + chunks == full;
                multiply_tile(row, rows.end, c, chunks, x_.q + m * x_.ld + c * chunk_inputs, x_.ld, tokens, sums,
                              write_these);
            }
            last = true;
            if (ragged) multiply_tile(row, rows.end, full, 1, tail.q[0], Tail::inputs, tokens, sums, write_these);
        }
    }

    template <class Done>
    void multiply_tile(std::size_t row, std::size_t end, std::size_t chunk, std::size_t chunks, const std::int8_t* x,
                       std::size_t ld, std::size_t tokens, std::int32_t* sums, Done&& done) const noexcept {
        alignas(64) std::uint8_t tile[Kernel::inputs / 4 * Kernel::step_bytes];
        Decoder::decode(w_, row, end, chunk, chunks, tile);
        Kernel::run(tile, chunks * (chunk_inputs / 4), x, ld, tokens, sums, done);
    }

    TernaryView<P> w_;
    const ActivationView& x_;
    const Results& results_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
