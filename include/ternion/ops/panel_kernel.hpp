#pragma once

// Kernels on panel packings (packing/panel.hpp). A register holds the codes of four consecutive inputs of several rows,
// one row an int32 lane; four activations broadcast to all lanes meet them in one dot product.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/unroll.hpp"
#include "../packing/panel.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// The product of R panels with M tokens, decoded on the fly: for GEMV and small batches, where memory is the limit.
/// Panels share each broadcast of activations, which would otherwise keep the load ports busy. They lie far apart: each
/// is a stream of its own, and two of them keep more of the memory system busy than one.
template <class B, class P, std::size_t M, std::size_t R>
struct PanelKernel {
    static constexpr std::size_t parts = P::chunk_bytes / B::bytes;  // registers that read a chunk
    static constexpr std::size_t quads = P::quads;
    // As many of the R * parts registers at once as there are registers for: codes as read, as decoded, and sums.
    static constexpr std::size_t rows = std::bit_floor(std::min(R * parts, (B::registers - 2) / (M + 2)));

    // Codes that stay at their place in the byte save the shifts, but need an accumulator for each place, and an
    // accumulator of 32 bits. Without them several chunks at once hide the latency of a dot product; with them a chunk
    // has accumulators enough, and reading several at once would only slow down reads from DRAM.
    static constexpr unsigned highest_code = 2u
                                             << *std::max_element(P::in_place_shift.begin(), P::in_place_shift.end());
    static constexpr bool in_place =
        B::wide_dot && highest_code <= B::largest_code && M * rows * quads <= B::registers / 2 + 4;
    static constexpr std::size_t places = in_place ? quads : 1;
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
            const std::size_t count = std::min(block, chunks - c);
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
        constexpr std::size_t dots = in_place ? 1 : quads;  // to one accumulator, in one chunk
        constexpr std::size_t block = B::fold_every(in_place ? highest_code : 2) / dots * unrolled;
        std::size_t c = 0;
        do {
            const std::size_t count = std::min(block, chunks - c);
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
        using Opened = decltype(P::template open<B>(B::load(panel)));
        panel += c * P::chunk_bytes;
        x += c * P::chunk_inputs;
        std::array<Opened, rows> opened;
        unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA {
            const std::byte* chunk = panel + row / parts * stride;
            if constexpr (row % parts == 0) B::prefetch(chunk + prefetch_bytes);
            opened[row] = P::template open<B>(B::load_once(chunk + row % parts * B::bytes));
        });
        unroll<quads>([&](auto q) TERNION_INLINE_LAMBDA {
            std::array<typename B::Bytes, rows> codes;
            unroll<rows>([&](auto row)
                             TERNION_INLINE_LAMBDA { codes[row] = P::template quad<B, q, in_place>(opened[row]); });
            unroll<M>([&](auto m) TERNION_INLINE_LAMBDA {
                const auto four = B::broadcast4(x + m * ld + 4 * q);
                unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA {
                    auto& accumulator = sum[index(U, m, row, in_place ? q : 0)];
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

}  // namespace TERNION_ABI
}  // namespace ternion
