#pragma once

// The product of panel packings (packing/panel.hpp). A register holds the codes of four consecutive inputs of several
// rows, one row an int32 lane; four activations broadcast to all lanes meet them in one dot product.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../core/unroll.hpp"
#include "../packing/panel.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "tile_kernel.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// The product of R panels with M tokens, decoded on the fly: for GEMV and small batches, where memory is the limit.
/// Panels share each broadcast of activations, which would otherwise keep the load ports busy. They lie far apart: each
/// is a stream of its own, and two of them keep more of the memory system busy than one.
template <class B, class P, std::size_t M, std::size_t R>
struct PanelKernel {
    static constexpr std::size_t parts = P::chunk_bytes / B::bytes;  // registers that read a chunk
    static constexpr std::size_t fields = P::codes_per_byte;
    // Of the registers, one holds the activations that are broadcast and one the mask of the codes. Each of `rows`, the
    // registers of codes that are multiplied at once, takes one as read, one as decoded, and a sum for each token.
    static constexpr std::size_t shared_registers = 2;
    static constexpr std::size_t registers_of_row = 2 + M;
    static constexpr std::size_t rows =
        std::bit_floor((std::min)(R * parts, (B::registers - shared_registers) / registers_of_row));

    // Codes that stay at their place in the byte save the shifts, but need an accumulator for each place, and an
    // accumulator of 32 bits. Without them several chunks at once hide the latency of a dot product; with them a chunk
    // has accumulators enough, and reading several at once would only slow down reads from DRAM.
    static constexpr unsigned highest_code = 2u
                                             << *std::max_element(P::in_place_shift.begin(), P::in_place_shift.end());
    // As many as still leave registers for codes: with two registers of rows and five codes a byte, two tokens take 20
    // of 32 registers, and one token 10 of 16. With more, compilers keep accumulators in memory.
    static constexpr std::size_t most_in_place = B::registers / 2 + 4;
    static constexpr bool in_place =
        B::wide_dot && highest_code <= B::largest_code && M * rows * fields <= most_in_place;
    static constexpr std::size_t places = in_place ? fields : 1;
    static constexpr std::size_t sets = B::registers / 2 / (M * rows);
    static constexpr std::size_t unrolled = in_place ? 1 : std::clamp<std::size_t>(sets, 1, 3);
    static constexpr std::size_t prefetch_bytes = 512;

    using Accumulators = std::array<typename B::Narrow, M * rows * places * unrolled>;

    /// sums[m][row] = codes · x, or += with `add`, for `chunks` chunks of R panels that lie `stride` bytes apart. Row m
    /// of x begins at x + m * ld, and of sums at sums + m * R * 16.
    static TERNION_NOINLINE void run(const std::byte* panel, std::size_t stride, std::size_t chunks,
                                     const std::int8_t* x, std::size_t ld, std::int32_t* sums, bool add) noexcept {
        // Where only some rows are multiplied at once, the others follow soon, so that memory is read in order.
        const std::size_t block = rows == R * parts ? chunks : std::size_t{32};
        std::size_t c = 0;
        do {  // at least once: without chunks the sums are still set to zero
            const std::size_t count = (std::min)(block, chunks - c);
            for (std::size_t row = 0; row < R * parts; row += rows) {
                const std::byte* place = panel + c * P::chunk_bytes + row / parts * stride + row % parts * B::bytes;
                run_rows(place, stride, count, x + c * P::chunk_inputs, ld, sums + row * B::lanes, add || c != 0);
            }
            c += block;
        } while (c < chunks);
    }

 private:
    static TERNION_INLINE void run_rows(const std::byte* panel, std::size_t stride, std::size_t chunks,
                                        const std::int8_t* x, std::size_t ld, std::int32_t* sums, bool add) noexcept {
        constexpr std::size_t dots = in_place ? 1 : fields;  // to one accumulator, in one chunk
        constexpr std::size_t block = B::fold_every(in_place ? highest_code : 2) / dots * unrolled;
        std::size_t c = 0;
        do {
            const std::size_t count = (std::min)(block, chunks - c);
            run_block(panel + c * P::chunk_bytes, stride, count, x + c * P::chunk_inputs, ld, sums, add || c != 0);
            c += block;
        } while (c < chunks);
    }

    static constexpr std::size_t index(std::size_t u, std::size_t m, std::size_t row, std::size_t place) noexcept {
        return ((u * M + m) * rows + row) * places + place;
    }

    static TERNION_INLINE void run_block(const std::byte* panel, std::size_t stride, std::size_t chunks,
                                         const std::int8_t* x, std::size_t ld, std::int32_t* sums, bool add) noexcept {
        Accumulators sum;
        unroll<sum.size()>([&](auto i) TERNION_INLINE_LAMBDA { sum[i] = B::narrow_zero(); });
        std::size_t c = 0;
        for (; c + unrolled <= chunks; c += unrolled) {
            unroll<unrolled>([&](auto u) TERNION_INLINE_LAMBDA { add_chunk<u>(panel, stride, c + u, x, ld, sum); });
        }
        // What is left over goes to different accumulators too: none may take more than its share before it is folded.
        unroll<unrolled - 1>([&](auto u) TERNION_INLINE_LAMBDA {
            if (c + u < chunks) add_chunk<u>(panel, stride, c + u, x, ld, sum);
        });
        add ? fold<true>(sum, sums) : fold<false>(sum, sums);
    }

    template <std::size_t U>
    static TERNION_INLINE void add_chunk(const std::byte* panel, std::size_t stride, std::size_t c,
                                         const std::int8_t* x, std::size_t ld, Accumulators& sum) noexcept {
        using SplitBytes = decltype(P::template split_bytes<B>(B::load(panel)));
        panel += c * P::chunk_bytes;
        x += c * P::chunk_inputs;
        std::array<SplitBytes, rows> split;
        unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA {
            const std::byte* chunk = panel + row / parts * stride;
            if constexpr (row % parts == 0) B::prefetch(chunk + prefetch_bytes);
            split[row] = P::template split_bytes<B>(B::load_once(chunk + row % parts * B::bytes));
        });
        unroll<fields>([&](auto f) TERNION_INLINE_LAMBDA {
            std::array<typename B::Bytes, rows> codes;
            unroll<rows>([&](auto row)
                             TERNION_INLINE_LAMBDA { codes[row] = P::template field<B, f, in_place>(split[row]); });
            unroll<M>([&](auto m) TERNION_INLINE_LAMBDA {
                const auto four = B::broadcast4(x + m * ld + 4 * f);
                unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA {
                    auto& accumulator = sum[index(U, m, row, in_place ? f : 0)];
                    accumulator = B::dot(accumulator, codes[row], four);
                });
            });
        });
    }

    template <bool Add>
    static TERNION_INLINE void fold(const Accumulators& sum, std::int32_t* sums) noexcept {
        unroll<M * rows>([&](auto i) TERNION_INLINE_LAMBDA {
            std::int32_t* out = sums + i / rows * R * P::panel_rows + i % rows * B::lanes;
            auto total = Add ? B::load_wide(out) : B::wide_zero();
            unroll<places>([&](auto place) TERNION_INLINE_LAMBDA {
                constexpr int shift = in_place ? P::in_place_shift[place] : 0;
                unroll<unrolled>([&](auto u) TERNION_INLINE_LAMBDA {
                    total = B::template fold<shift>(total, sum[index(u, i / rows, i % rows, place)]);
                });
            });
            B::store_wide(out, total);
        });
    }
};

/// PanelKernel for a number of tokens that is known at run time only, in blocks.
template <class B, class P, std::size_t R>
TERNION_INLINE void run_panels(const std::byte* panel, std::size_t stride, std::size_t chunks, const std::int8_t* x,
                               std::size_t ld, std::size_t tokens, std::int32_t* sums, bool add) noexcept {
    const auto blocks = [&]<std::size_t M>() {
        for (; tokens >= M; tokens -= M, x += M * ld, sums += M * R * P::panel_rows) {
            PanelKernel<B, P, M, R>::run(panel, stride, chunks, x, ld, sums, add);
        }
    };
    if constexpr (B::registers > 16 && R == 2) blocks.template operator()<12>();
    if constexpr (B::registers > 16 && R == 2) blocks.template operator()<8>();
    blocks.template operator()<4>();
    blocks.template operator()<2>();
    blocks.template operator()<1>();
}

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
    static constexpr std::size_t tile_chunks = 512 / P::chunk_inputs;
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
        if constexpr (B::registers > 16) {
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
