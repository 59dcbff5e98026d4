#pragma once

// The kernel of panel packings (packing/panel.hpp) for few tokens. A register holds the codes of four consecutive
// inputs of several rows, one row an int32 lane; four activations broadcast to all lanes meet them in one dot product.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "../core/config.hpp"
#include "../core/prefetch.hpp"
#include "../core/unroll.hpp"
#include "../packing/codes_at.hpp"
#include "../packing/panel.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// The product of R panels with M tokens, decoded on the fly: for GEMV and small batches, where memory is the limit.
/// Panels share each broadcast of activations, which would otherwise keep the load ports busy. They lie far apart: each
/// is a stream of its own, and two of them keep more of the memory system busy than one.
template <class B, class P, std::size_t M, std::size_t R>
struct PanelKernel {
    static constexpr std::size_t parts = P::chunk_bytes / B::bytes;  // registers that read a chunk
    static constexpr std::size_t fields = P::codes_per_byte;
    using SplitBytes = decltype(P::template split_bytes<B>(std::declval<typename B::Bytes>()));
    // Of the registers, one holds the activations that are broadcast and one the mask of the codes. Each of `rows`, the
    // registers of codes that are multiplied at once, takes some as read, one as decoded, and a sum for each token.
    static constexpr std::size_t shared_registers = 2;
    static constexpr std::size_t registers_of_row = sizeof(SplitBytes) / sizeof(typename B::Bytes) + 1 + M;
    static constexpr std::size_t rows =
        std::bit_floor((std::min)(R * parts, (B::registers - shared_registers) / registers_of_row));

    static constexpr bool whole = rows == R * parts;

    // Codes that stay at their place in a byte, or in half of one, save shifts, but need an accumulator for each place.
    static constexpr int unit = [] {
        const auto fits = [](std::size_t places, std::size_t most) { return M * rows * places <= most; };
        if (detail::whole_byte_codes<B> && fits(4, B::registers / 2 + 4)) return 8;
        return fits(2, B::registers / 2) ? 4 : 2;
    }();
    static constexpr std::size_t places = unit / 2;
    static constexpr unsigned highest_code = detail::highest_code(unit);
    // Several chunks at once hide the latency of a dot product where one has few accumulators. Elsewhere they would
    // only slow down reads from DRAM.
    static constexpr std::size_t sets = B::registers / 2 / (M * rows * places);
    static constexpr std::size_t unrolled = std::clamp<std::size_t>(sets, 1, 3);
    // One token's activations fit in registers beside the sums: then a register of codes is done with before the next
    // is read. More tokens share each code instead.
    static constexpr bool one_by_one = M == 1 && sizeof(SplitBytes) == sizeof(typename B::Bytes);

    using Accumulators = std::array<typename B::Narrow, M * rows * places * unrolled>;

    static constexpr std::size_t place_of(std::size_t field) noexcept {
        return static_cast<std::size_t>(P::place_of_code[field] % unit / 2);
    }
    /// The dot products of one chunk that one accumulator takes, at most.
    static constexpr std::size_t dots_of_chunk = [] {
        std::array<std::size_t, places> count{};
        for (std::size_t f = 0; f < fields; ++f)
            ++count[place_of(f)];
        return *std::max_element(count.begin(), count.end());
    }();

    static constexpr std::size_t index(std::size_t u, std::size_t m, std::size_t row, std::size_t place) noexcept {
        return ((u * M + m) * rows + row) * places + place;
    }

    /// The chunks after which an accumulator must be folded, if it takes one in `unrolled`.
    static constexpr std::size_t fold_chunks = B::fold_every(highest_code) / dots_of_chunk;
    static_assert(fold_chunks > 0);

    /// Where R panels are read, and what is asked for meanwhile.
    struct Panels {
        std::array<const std::byte*, R> codes;
        std::array<const std::byte*, R> ahead;

        /// Panels that lie `stride` bytes apart.
        static TERNION_INLINE Panels at(const std::byte* panel, std::size_t stride) noexcept {
            const std::size_t distance = prefetch_bytes(B::registers > 16 ? 512 : 2048);
            Panels panels;
            for (std::size_t r = 0; r < R; ++r) {
                panels.codes[r] = opaque(panel + r * stride);
                panels.ahead[r] = opaque(panel + r * stride + distance);
            }
            return panels;
        }
        [[nodiscard]] TERNION_INLINE Panels from(std::size_t bytes) const noexcept {
            Panels panels = *this;
            for (std::size_t r = 0; r < R; ++r) {
                panels.codes[r] += bytes;
                panels.ahead[r] += bytes;
            }
            return panels;
        }

     private:
        /// Hides how addresses depend on each other: GCC would keep a register for each sum of them.
        static TERNION_INLINE const std::byte* opaque(const std::byte* address) noexcept {
#if defined(__GNUC__) && !defined(__clang__)
            __asm__("" : "+r"(address));
#endif
            return address;
        }
    };

    /// sums[m][row] = codes · x, or += with `add`, for `chunks` chunks of R panels that lie `stride` bytes apart. Row m
    /// of x begins at x + m * ld, and of sums at sums + m * R * 16.
    static TERNION_NOINLINE void run(const std::byte* panel, std::size_t stride, std::size_t chunks,
                                     const std::int8_t* x, std::size_t ld, std::int32_t* sums, bool add) noexcept {
        // Where only some rows are multiplied at once, the others follow soon, so that memory is read in order.
        const std::size_t block = whole ? chunks : std::size_t{32};
        const Panels panels = Panels::at(panel, stride);
        std::size_t c = 0;
        do {  // at least once: without chunks the sums are still set to zero
            const std::size_t count = (std::min)(block, chunks - c);
            for (std::size_t row = 0; row < R * parts; row += rows) {
                const std::size_t place = c * P::chunk_bytes + row / parts * stride + row % parts * B::bytes;
                run_rows(panels.from(place), count, x + c * P::chunk_inputs, ld, sums + row * B::lanes, add || c != 0);
            }
            c += block;
        } while (c < chunks);
    }

    /// Adds chunk c to accumulators number U of `unrolled`.
    template <std::size_t U>
    static TERNION_INLINE void add_chunk(const Panels& panels, std::size_t c, const std::int8_t* x, std::size_t ld,
                                         Accumulators& sum) noexcept {
        x += c * P::chunk_inputs;
        const auto read = [&](auto row) TERNION_INLINE_LAMBDA {
            constexpr std::size_t panel = row / parts;
            if constexpr (row % parts == 0) B::prefetch(panels.ahead[panel] + c * P::chunk_bytes);
            const std::byte* part = panels.codes[panel] + c * P::chunk_bytes + row % parts * B::bytes;
            return P::template split_bytes<B>(B::load_once(part));
        };
        if constexpr (one_by_one) {
            std::array<typename B::Bytes, fields> four;
            unroll<fields>([&](auto f) TERNION_INLINE_LAMBDA { four[f] = B::broadcast4(x + 4 * f); });
            unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA {
                const SplitBytes split = read(row);
                unroll<fields>([&](auto f) TERNION_INLINE_LAMBDA {
                    auto& accumulator = sum[index(U, 0, row, place_of(f))];
                    accumulator = B::dot(accumulator, P::template field<B, f, unit>(split), four[f]);
                });
            });
            return;
        }
        std::array<SplitBytes, rows> split;
        unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA { split[row] = read(row); });
        unroll<fields>([&](auto f) TERNION_INLINE_LAMBDA {
            std::array<typename B::Bytes, rows> codes;
            unroll<rows>([&](auto row)
                             TERNION_INLINE_LAMBDA { codes[row] = P::template field<B, f, unit>(split[row]); });
            unroll<M>([&](auto m) TERNION_INLINE_LAMBDA {
                const auto four = B::broadcast4(x + m * ld + 4 * f);
                unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA {
                    auto& accumulator = sum[index(U, m, row, place_of(f))];
                    accumulator = B::dot(accumulator, codes[row], four);
                });
            });
        });
    }

 private:
    static TERNION_INLINE void run_rows(const Panels& panels, std::size_t chunks, const std::int8_t* x, std::size_t ld,
                                        std::int32_t* sums, bool add) noexcept {
        constexpr std::size_t block = fold_chunks * unrolled;
        std::size_t c = 0;
        do {
            const std::size_t count = (std::min)(block, chunks - c);
            run_block(panels.from(c * P::chunk_bytes), count, x + c * P::chunk_inputs, ld, sums, add || c != 0);
            c += block;
        } while (c < chunks);
    }

    static TERNION_INLINE void run_block(const Panels& panels, std::size_t chunks, const std::int8_t* x, std::size_t ld,
                                         std::int32_t* sums, bool add) noexcept {
        Accumulators sum;
        unroll<sum.size()>([&](auto i) TERNION_INLINE_LAMBDA { sum[i] = B::narrow_zero(); });
        std::size_t c = 0;
        for (; c + unrolled <= chunks; c += unrolled) {
            unroll<unrolled>([&](auto u) TERNION_INLINE_LAMBDA { add_chunk<u>(panels, c + u, x, ld, sum); });
        }
        // What is left over goes to different accumulators too: none may take more than its share before it is folded.
        unroll<unrolled - 1>([&](auto u) TERNION_INLINE_LAMBDA {
            if (c + u < chunks) add_chunk<u>(panels, c + u, x, ld, sum);
        });
        add ? fold<true>(sum, sums) : fold<false>(sum, sums);
    }

    template <bool Add>
    static TERNION_INLINE void fold(const Accumulators& sum, std::int32_t* sums) noexcept {
        unroll<M * rows>([&](auto i) TERNION_INLINE_LAMBDA {
            std::int32_t* out = sums + i / rows * R * P::panel_rows + i % rows * B::lanes;
            auto total = Add ? B::load_wide(out) : B::wide_zero();
            unroll<places>([&](auto place) TERNION_INLINE_LAMBDA {
                constexpr int shift = static_cast<int>(2 * place);
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
