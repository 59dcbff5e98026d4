#pragma once

// Kernels on panel packings (packing/panel.hpp). A register holds the codes of four consecutive inputs of several rows,
// one row an int32 lane; four activations broadcast to all lanes meet them in one dot product.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/unroll.hpp"
#include "../packing/panel.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// The product of one panel with a few tokens, decoded on the fly: for GEMV and small batches, where memory is the
/// limit.
template <class B, class P, std::size_t M>
struct PanelKernel {
    static constexpr std::size_t parts = P::chunk_bytes / B::bytes;  // registers that read a chunk
    static constexpr std::size_t quads = P::quads;

    // Codes that stay at their place in the byte save the shifts, but need an accumulator for each place, and an
    // accumulator of 32 bits. Several chunks at once hide the latency of a dot product where a chunk alone can't.
    static constexpr bool in_place = B::wide_dot && M * parts * quads <= B::registers / 2;
    static constexpr std::size_t places = in_place ? quads : 1;
    static constexpr std::size_t sets = std::max<std::size_t>(1, B::registers / 2 / (M * parts * places));
    static constexpr std::size_t unrolled = std::min<std::size_t>(sets, 3);
    static constexpr std::size_t prefetch_bytes = 3072;

    using Narrow = typename B::Narrow;
    using Accumulators = std::array<Narrow, M * parts * places * unrolled>;

    static constexpr std::size_t index(std::size_t u, std::size_t m, std::size_t part, std::size_t place) noexcept {
        return ((u * M + m) * parts + part) * places + place;
    }

    static constexpr unsigned max_code() noexcept {
        if constexpr (in_place) {
            return 2u << *std::max_element(P::in_place_shift.begin(), P::in_place_shift.end());
        } else {
            return 2;
        }
    }

    /// sums[m][row] += codes · x for `chunks` chunks of one panel; row m of x begins at x + m * ld.
    static void run(const std::byte* panel, std::size_t chunks, const std::int8_t* x, std::size_t ld,
                    std::int32_t* sums) noexcept {
        constexpr std::size_t dots = in_place ? 1 : quads;  // to one accumulator, in one chunk
        constexpr std::size_t block = B::fold_every(max_code()) / dots * unrolled;
        for (std::size_t c = 0; c < chunks; c += block) {
            const std::size_t count = std::min(block, chunks - c);
            run_block(panel + c * P::chunk_bytes, count, x + c * P::chunk_inputs, ld, sums);
        }
    }

 private:
    static TERNION_INLINE void run_block(const std::byte* panel, std::size_t chunks, const std::int8_t* x,
                                         std::size_t ld, std::int32_t* sums) noexcept {
        Accumulators sum;
        unroll<sum.size()>([&](auto i) TERNION_INLINE_LAMBDA { sum[i] = B::narrow_zero(); });
        std::size_t c = 0;
        for (; c + unrolled <= chunks; c += unrolled) {
            unroll<unrolled>([&](auto u) TERNION_INLINE_LAMBDA {
                add_chunk<u>(panel + (c + u) * P::chunk_bytes, x + (c + u) * P::chunk_inputs, ld, sum);
            });
        }
        for (; c < chunks; ++c)
            add_chunk<0>(panel + c * P::chunk_bytes, x + c * P::chunk_inputs, ld, sum);
        fold(sum, sums);
    }

    template <std::size_t U>
    static TERNION_INLINE void add_chunk(const std::byte* chunk, const std::int8_t* x, std::size_t ld,
                                         Accumulators& sum) noexcept {
        B::prefetch(chunk + prefetch_bytes);
        unroll<parts>([&](auto part) TERNION_INLINE_LAMBDA {
            const auto codes = P::template decode<B, in_place>(B::load(chunk + part * B::bytes));
            unroll<quads>([&](auto q) TERNION_INLINE_LAMBDA {
                unroll<M>([&](auto m) TERNION_INLINE_LAMBDA {
                    auto& accumulator = sum[index(U, m, part, in_place ? q : 0)];
                    accumulator = B::dot(accumulator, codes[q], B::broadcast4(x + m * ld + 4 * q));
                });
            });
        });
    }

    static TERNION_INLINE void fold(const Accumulators& sum, std::int32_t* sums) noexcept {
        unroll<M * parts>([&](auto i) TERNION_INLINE_LAMBDA {
            constexpr std::size_t m = i / parts;
            constexpr std::size_t part = i % parts;
            std::int32_t* out = sums + m * P::panel_rows + part * B::lanes;
            auto total = B::load_wide(out);
            unroll<places>([&](auto place) TERNION_INLINE_LAMBDA {
                constexpr int shift = in_place ? P::in_place_shift[place] : 0;
                unroll<unrolled>([&](auto u) TERNION_INLINE_LAMBDA {
                    total = B::template fold<shift>(total, sum[index(u, m, part, place)]);
                });
            });
            B::store_wide(out, total);
        });
    }
};

/// PanelKernel for a number of tokens that is known at run time only, in blocks of 8, 4, 2 and 1.
template <class B, class P>
TERNION_INLINE void run_panel(const std::byte* panel, std::size_t chunks, const std::int8_t* x, std::size_t ld,
                              std::size_t tokens, std::int32_t* sums) noexcept {
    const auto blocks = [&]<std::size_t M>() {
        for (; tokens >= M; tokens -= M, x += M * ld, sums += M * P::panel_rows) {
            PanelKernel<B, P, M>::run(panel, chunks, x, ld, sums);
        }
    };
    if constexpr (B::registers > 16) blocks.template operator()<8>();
    blocks.template operator()<4>();
    blocks.template operator()<2>();
    blocks.template operator()<1>();
}

}  // namespace TERNION_ABI
}  // namespace ternion
