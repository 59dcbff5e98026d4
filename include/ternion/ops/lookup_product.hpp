#pragma once

// The product of packings whose groups of weights are looked up in tables of sums (packing/lookup_panel.hpp), with no
// multiplication: each look-up gives the sum of a group's activations, each with its weight.
//
// Shuffles look up bytes, and sums need more. A sum v, at most 3 * 128 in magnitude, is split into two numbers of five
// bits, which a byte holds eight times:
//
//   v = low + 31 * high - 496,  low and high in 0 .. 31
//
// The base is 31 and not 32, because then the complements of both, 31 - low and 31 - high, are those of -v: a sign
// costs an exclusive or. Eight look-ups are added as bytes (8 * 31 = 248), those in 16 bits over a block of K, and that
// in 32 bits.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../core/unroll.hpp"
#include "../packing/lookup_panel.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "row_product.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// The tables of one token's activations, made block by block along K and shared by all rows. For each chunk: 16
/// entries for each of eight groups, low and high numbers apart, as registers read them:
///
///   bytes    0 ..  63   low,  groups 0, 2, 4, 6        128 .. 191   high, groups 0, 2, 4, 6
///           64 .. 127   low,  groups 1, 3, 5, 7        192 .. 255   high, groups 1, 3, 5, 7
template <class P>
struct LookupTable {
    static constexpr std::size_t nibble_bytes = 16 * P::chunk_groups / 2;
    static constexpr std::size_t number_bytes = 2 * nibble_bytes;
    static constexpr std::size_t chunk_bytes = 2 * number_bytes;
    static constexpr unsigned base = 31;
    static constexpr unsigned offset = 496;  // (base + 1) * 31 / 2: the middle of low + base * high

    /// Makes the tables of `chunks` chunks of activations; x may be read to their end.
    static void make(const std::int8_t* x, std::size_t chunks, std::uint8_t* tables) noexcept {
        make(x, chunks, P::entry_weights(), tables);
    }

 private:
    using Weights = std::array<std::array<std::uint16_t, 16>, P::lookup_inputs>;

    /// Loops of 16 and 128 lanes, which compilers make vectors of as long as they don't know the weights.
    static TERNION_NOINLINE void make(const std::int8_t* x, std::size_t chunks, const Weights& weights,
                                      std::uint8_t* tables) noexcept {
        for (std::size_t c = 0; c < chunks; ++c, x += P::chunk_inputs, tables += chunk_bytes) {
            std::array<std::uint16_t, number_bytes> sums;
            for (std::size_t i = 0; i < P::chunk_groups; ++i) {
                const std::size_t group = i < 4 ? 2 * i : 2 * i - 7;
                add_group(x + group * P::lookup_inputs, weights, sums.data() + 16 * i);
            }
            for (std::size_t i = 0; i < number_bytes; ++i) {
                const std::uint16_t high = divided(sums[i]);
                tables[i] = static_cast<std::uint8_t>(sums[i] - base * high);
                tables[number_bytes + i] = static_cast<std::uint8_t>(high);
            }
        }
    }

    static TERNION_INLINE void add_group(const std::int8_t* x, const Weights& weights, std::uint16_t* sums) noexcept {
        std::fill_n(sums, 16, static_cast<std::uint16_t>(offset));
        for (std::size_t i = 0; i < P::lookup_inputs; ++i) {
            const auto value = static_cast<std::uint16_t>(x[i]);
            for (std::size_t e = 0; e < 16; ++e)
                sums[e] =
                    static_cast<std::uint16_t>(sums[e] + static_cast<std::uint16_t>(weights[i][e] * unsigned{value}));
        }
    }

    /// By 31, or one less: low may be 31, too.
    static constexpr std::uint16_t divided(std::uint16_t sum) noexcept {
        return static_cast<std::uint16_t>(static_cast<std::uint16_t>(sum * 33u) >> 10);
    }
    static constexpr bool splits_every_sum() noexcept {
        for (std::uint16_t sum = 0; sum <= 2 * offset; ++sum) {
            if (divided(sum) > 31 || sum - base * divided(sum) > 31) return false;  // unsigned: also below 0
        }
        return true;
    }
    static_assert(splits_every_sum() && P::lookup_inputs * 128 <= offset);
};

/// The product of R neighbouring panels with the tables of one token.
template <class B, class P, std::size_t R>
struct LookupKernel {
    using Table = LookupTable<P>;
    static constexpr std::size_t rows = R * P::panel_rows;
    static constexpr std::size_t parts = P::index_bytes / B::bytes;  // registers that read a chunk's indices
    static constexpr std::size_t step_chunks = B::bytes / 16;        // whose look-ups are added as bytes: 8 a lane
    static constexpr std::size_t max_chunks = 264;                   // a lane of 16 bits takes 31 * 8 a chunk
    static_assert(step_chunks * parts * 2 * 31 <= 255 && max_chunks * P::chunk_groups * 31 <= 65535);

    /// sums[row] += trits · x over at most max_chunks chunks of R panels that lie `stride` bytes apart.
    static TERNION_NOINLINE void run(const std::byte* panel, std::size_t stride, std::size_t chunks,
                                     const std::uint8_t* tables, std::int32_t* sums) noexcept {
        Sums sum;
        unroll<R>([&](auto r) TERNION_INLINE_LAMBDA { unroll<4>([&](auto i) TERNION_INLINE_LAMBDA { sum[r][i] = B::words_zero(); }); });
        std::size_t c = 0;
        for (; c + step_chunks <= chunks; c += step_chunks)
            add_step<step_chunks>(panel + c * P::chunk_bytes, stride, tables + c * Table::chunk_bytes, sum);
        if constexpr (step_chunks > 1) {
            for (; c < chunks; ++c)
                add_step<1>(panel + c * P::chunk_bytes, stride, tables + c * Table::chunk_bytes, sum);
        }
        unroll<R>([&](auto r)
                      TERNION_INLINE_LAMBDA { fold(sum[r], chunks * P::chunk_groups, sums + r * P::panel_rows); });
    }

 private:
    /// Of one panel: even and odd bytes of low numbers, then those of high ones.
    using Sums = std::array<std::array<typename B::Words, 4>, R>;
    struct Pair {
        typename B::Bytes low, high;
    };

    template <std::size_t Chunks>
    static TERNION_INLINE void add_step(const std::byte* panel, std::size_t stride, const std::uint8_t* tables,
                                        Sums& sums) noexcept {
        std::array<Pair, R> step;
        unroll<R>([&](auto r) TERNION_INLINE_LAMBDA { step[r] = {B::splat(0), B::splat(0)}; });
        unroll<Chunks * parts>([&](auto i) TERNION_INLINE_LAMBDA {
            constexpr std::size_t part = i % parts;
            add_register<part>(panel + i / parts * P::chunk_bytes, stride,
                               tables + i / parts * Table::chunk_bytes + part * B::bytes, step);
        });
        unroll<R>([&](auto r) TERNION_INLINE_LAMBDA {
            auto& sum = sums[r];
            sum = {B::add_even(sum[0], step[r].low), B::add_odd(sum[1], step[r].low), B::add_even(sum[2], step[r].high),
                   B::add_odd(sum[3], step[r].high)};
        });
    }

    template <std::size_t Part>
    static TERNION_INLINE void add_register(const std::byte* chunk, std::size_t stride, const std::uint8_t* tables,
                                            std::array<Pair, R>& step) noexcept {
        std::array<typename B::Bytes, R> index;
        std::array<typename B::Bytes, R> signs;
        unroll<R>([&](auto r) TERNION_INLINE_LAMBDA {
            const std::byte* from = chunk + r * stride;
            if constexpr (Part == 0) B::prefetch(from + R * stride);  // the next panels are read next
            index[r] = B::load_once(from + Part * B::bytes);
            if constexpr (P::has_signs) signs[r] = B::broadcast16(from + P::index_bytes);
        });
        unroll<2>([&](auto nibble) TERNION_INLINE_LAMBDA {
            const std::uint8_t* table = tables + nibble * Table::nibble_bytes;
            const auto low = B::load(table);
            const auto high = B::load(table + Table::number_bytes);
            unroll<R>([&](auto r) TERNION_INLINE_LAMBDA {
                auto place = index[r];
                if constexpr (nibble == 0) place = B::template shift_right<4>(place);
                place = B::bit_and(place, B::splat(15));
                auto found = Pair{B::lookup16(low, place), B::lookup16(high, place)};
                if constexpr (P::has_signs) {
                    const auto bit = B::load(sign_bits[nibble].data() + Part * B::bytes);
                    const auto negative = B::test_bit(signs[r], bit);
                    found.low = B::flip_where(negative, found.low, B::splat(31));
                    found.high = B::flip_where(negative, found.high, B::splat(31));
                }
                step[r] = {B::add(step[r].low, found.low), B::add(step[r].high, found.high)};
            });
        });
    }

    /// Which bit of its byte of signs belongs to each byte of indices, for the groups of high and of low nibbles.
    static constexpr std::array<std::array<std::uint8_t, P::index_bytes>, 2> make_sign_bits() noexcept {
        std::array<std::array<std::uint8_t, P::index_bytes>, 2> bits{};
        for (std::size_t i = 0; i < P::index_bytes; ++i) {
            for (std::size_t nibble = 0; nibble < 2; ++nibble)
                bits[nibble][i] = static_cast<std::uint8_t>(1u << (i / P::panel_rows * 2 + nibble));
        }
        return bits;
    }
    static constexpr auto sign_bits = make_sign_bits();

    using StoredSums = std::array<std::array<std::uint16_t, B::bytes / 2>, 4>;

    static TERNION_INLINE void fold(const typename Sums::value_type& sum, std::size_t groups,
                                    std::int32_t* sums) noexcept {
        StoredSums stored;
        unroll<4>([&](auto i) TERNION_INLINE_LAMBDA { B::store_words(stored[i].data(), sum[i]); });
        add_stored(stored, static_cast<std::uint32_t>(groups) * Table::offset, sums);
    }

    /// Each part of 16 bytes of a register has sums of the same 16 rows. Not inlined: GCC would take the numbers from
    /// registers one by one.
    static TERNION_NOINLINE void add_stored(const StoredSums& stored, std::uint32_t bias, std::int32_t* sums) noexcept {
        constexpr std::size_t half = P::panel_rows / 2;
        for (std::size_t odd = 0; odd < 2; ++odd) {
            std::array<std::uint16_t, half> low{}, high{};
            for (std::size_t part = 0; part < B::bytes / 16; ++part) {
                for (std::size_t w = 0; w < half; ++w) {
                    low[w] = static_cast<std::uint16_t>(low[w] + stored[odd][part * half + w]);
                    high[w] = static_cast<std::uint16_t>(high[w] + stored[2 + odd][part * half + w]);
                }
            }
            for (std::size_t w = 0; w < half; ++w) {
                const std::uint32_t sum = low[w] + std::uint32_t{Table::base} * high[w] - bias;
                std::int32_t& out = sums[2 * w + odd];
                out = static_cast<std::int32_t>(static_cast<std::uint32_t>(out) + sum);
            }
        }
    }
};

/// For some rows of W on one thread. Tables are made for a block of K and a few tokens at a time and meet many rows, so
/// they cost little; they lie on the stack. Many tokens are multiplied by rows that are unpacked once for all of them.
/// Four panels at once, and rows in one piece, are what weights from DRAM ask for. GEMV of 6912 x 2560, GMAC/s from
/// DRAM (one thread, g++ 12, an AMD EPYC with AVX-512 VBMI), PairLookup and TripleLookup:
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
        const std::size_t first = rows.begin / P::panel_rows * P::panel_rows;
        for (std::size_t m = 0; m < x_.m; m += block_tokens) {
            for (std::size_t row = first; row < rows.end; row += block_rows)
                multiply_block(rows, row, m, (std::min)(x_.m - m, block_tokens));
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
        const std::size_t panels = ceil_div((std::min)(rows.end - first, block_rows), P::panel_rows);
        const std::size_t chunks = P::chunks(w_.shape());
        alignas(64) std::int32_t sums[block_tokens * block_rows];
        for (std::size_t t = 0; t < tokens; ++t)  // the epilogue subtracts this
            std::fill_n(sums + t * block_rows, panels * P::panel_rows, x_.sums[m + t]);
        const std::size_t block = block_chunks / tokens;
        for (std::size_t c = 0; c < chunks; c += block)
            multiply_chunks(first, panels, c, (std::min)(chunks - c, block), m, tokens, sums);
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
        const std::size_t whole = (std::min)(count, x_.k / P::chunk_inputs - c);
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
