#pragma once

// The product of packings whose bytes hold the codes of four distant rows (HuggingFace), for few tokens: each byte is
// read once, and its four codes meet the same activation.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../core/config.hpp"
#include "../core/prefetch.hpp"
#include "../core/shape.hpp"
#include "../core/unroll.hpp"
#include "../packing/codes_at.hpp"
#include "../packing/in_place.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"

namespace ternion {

inline namespace TERNION_ABI {

/// The product of two packed rows with one token, for fields First .. First + Count - 1.
template <class B, std::size_t First, std::size_t Count>
struct QuarterKernel {
    static constexpr std::size_t packed_rows = 2;
    /// A code stands at its place in a byte, or in half of one, which is how far accumulators allow.
    static constexpr int bits = detail::whole_byte_codes<B> ? 8 : 4;
    static constexpr unsigned highest_code = detail::highest_code(bits);

    using Rows = std::array<const std::byte*, packed_rows>;

    /// sums[row][f] += codes of field First + f · x, over `steps` registers of inputs. What lies `ahead` bytes farther
    /// is asked for.
    static TERNION_NOINLINE void run(const Rows& w, std::size_t ahead, std::size_t steps, const std::int8_t* x,
                                     std::int32_t (&sums)[packed_rows][4]) noexcept {
        std::array<typename B::Wide, packed_rows * 4> total;
        unroll<total.size()>([&](auto i) TERNION_INLINE_LAMBDA { total[i] = B::wide_zero(); });
        constexpr std::size_t block = B::fold_every(highest_code);
        for (std::size_t s = 0; s < steps; s += block) {
            std::array<typename B::Narrow, packed_rows * Count> sum;
            unroll<sum.size()>([&](auto i) TERNION_INLINE_LAMBDA { sum[i] = B::narrow_zero(); });
            for (std::size_t k = s * B::bytes; k < (std::min)(steps, s + block) * B::bytes; k += B::bytes) {
                const auto q = B::load_once(x + k);
                unroll<packed_rows>([&](auto row) TERNION_INLINE_LAMBDA {
                    B::prefetch(w[row] + ahead + k);
                    const auto packed = B::load_once(w[row] + k);
                    unroll<Count>([&](auto f) TERNION_INLINE_LAMBDA {
                        auto& accumulator = sum[row * Count + f];
                        const auto codes = detail::codes_at<B, static_cast<int>(2 * (First + f)), bits>(packed);
                        accumulator = B::dot(accumulator, codes, q);
                    });
                });
            }
            unroll<sum.size()>([&](auto i) TERNION_INLINE_LAMBDA {
                constexpr int shift = static_cast<int>(2 * (First + i % Count)) % bits;
                auto& of_row = total[i / Count * 4 + i % Count];
                of_row = B::template fold<shift>(of_row, sum[i]);
            });
        }
        unroll<packed_rows>([&](auto row) TERNION_INLINE_LAMBDA {
            const auto four = B::sum4(total[4 * row], total[4 * row + 1], total[4 * row + 2], total[4 * row + 3]);
            for (std::size_t f = 0; f < Count; ++f)
                sums[row][f] = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[row][f]) + four[f]);
        });
    }
};

/// Such a product for some rows of W on one thread. Blocks lie on the stack.
template <class B, class P>
class QuarterProduct {
 public:
    /// More tokens share what is unpacked.
    static constexpr std::size_t few_tokens = 3;

    QuarterProduct(const TernaryView<P>& w, const ActivationView& x, const Results& results) noexcept
        : w_(w), x_(x), results_(results), quarter_(P::packed_rows(w.shape())) {}

    /// Where all rows belong to one half of the matrix, the codes of the other are left out.
    void run(RowRange rows) noexcept {
        if (rows.begin == rows.end) return;
        if (rows.end <= 2 * quarter_) return multiply<0, 2>(rows);
        if (rows.begin >= 2 * quarter_) return multiply<2, 2>(rows);
        multiply<0, 4>(rows);
    }

 private:
    static constexpr std::size_t block_rows = 64;  // packed rows that are multiplied before results are written
    static constexpr std::size_t block_pairs = block_rows / 2;
    using Tail = ActivationTail<few_tokens>;
    static_assert(B::bytes <= Tail::inputs);

    template <std::size_t First, std::size_t Count>
    void multiply(RowRange rows) const noexcept {
        Tail tail;
        const std::size_t full = x_.k / B::bytes * B::bytes;
        if (full != x_.k) tail.fill(x_, 0, x_.m, full);
        const bool within_one = rows.begin / quarter_ == (rows.end - 1) / quarter_;
        const std::size_t first = within_one ? rows.begin % quarter_ : 0;
        const std::size_t end = within_one ? (rows.end - 1) % quarter_ + 1 : quarter_;
        // Rows that are multiplied together are neighbours, or one of each half: two streams that never jump.
        const std::size_t half = prefetches_far() ? ceil_div(end - first, std::size_t{2}) : 1;
        const std::size_t step = prefetches_far() ? 1 : 2;
        const std::size_t stop = prefetches_far() ? first + half : end;
        for (std::size_t row = first; row < stop; row += block_pairs * step) {
            const Block block{row, (std::min)(ceil_div(stop - row, step), block_pairs), step, half, end};
            for (std::size_t m = 0; m < x_.m; ++m)
                multiply_block<First, Count>(rows, block, m, tail.q[m]);
        }
    }

    /// Pairs of packed rows: row r of pair i is first + i * step + r * apart, or the last one before `end`.
    struct Block {
        std::size_t first, pairs, step, apart, end;
    };

    template <std::size_t First, std::size_t Count>
    void multiply_block(RowRange rows, const Block& block, std::size_t m, const std::int8_t* tail) const noexcept {
        using Kernel = QuarterKernel<B, First, Count>;
        const std::size_t steps = x_.k / B::bytes;
        const std::size_t ahead = block.step == 1 ? prefetch_bytes(0) : Kernel::packed_rows * x_.k;
        const std::size_t apart = block.step == 1 ? block_pairs : 1;  // of the sums of a pair
        std::int32_t sums[Count][block_rows];
        for (std::size_t i = 0; i < block.pairs; ++i) {
            typename Kernel::Rows w;
            for (std::size_t r = 0; r < Kernel::packed_rows; ++r)  // nothing lies beyond the last one
                w[r] = w_.data() + (std::min)(block.first + i * block.step + r * block.apart, block.end - 1) * x_.k;
            std::int32_t of_rows[Kernel::packed_rows][4] = {};
            Kernel::run(w, ahead, steps, x_.q + m * x_.ld, of_rows);
            if (steps * B::bytes != x_.k) multiply_last<Kernel>(w, steps * B::bytes, tail, of_rows);
            for (std::size_t f = 0; f < Count; ++f) {
                for (std::size_t r = 0; r < Kernel::packed_rows; ++r)
                    sums[f][i * block.step + r * apart] = of_rows[r][f];
            }
        }
        for (std::size_t f = 0; f < Count; ++f) {
            const std::size_t field = (First + f) * quarter_;
            if (block.step != 1) {
                write(m, rows, field, {block.first, block.first + block.pairs * block.step}, block.end, sums[f]);
                continue;
            }
            for (std::size_t r = 0; r < Kernel::packed_rows; ++r) {
                const std::size_t first = block.first + r * block.apart;
                write(m, rows, field, {first, first + block.pairs}, block.end, sums[f] + r * apart);
            }
        }
    }

    /// The sums of packed rows before `end`, of the field whose rows begin with `field`.
    void write(std::size_t m, RowRange rows, std::size_t field, RowRange packed, std::size_t end,
               const std::int32_t* sums) const noexcept {
        const std::size_t first = packed.begin + field;
        const RowRange those{(std::max)(first, rows.begin), (std::min)((std::min)(packed.end, end) + field, rows.end)};
        if (those.begin < those.end) results_.template write<block_rows>(m, 1, first, those, sums);
    }

    /// The inputs from k on, from copies that can be read to their end.
    template <class Kernel>
    void multiply_last(typename Kernel::Rows w, std::size_t k, const std::int8_t* tail,
                       std::int32_t (&sums)[Kernel::packed_rows][4]) const noexcept {
        alignas(64) std::byte copies[Kernel::packed_rows][B::bytes] = {};
        for (std::size_t r = 0; r < Kernel::packed_rows; ++r) {
            std::memcpy(copies[r], w[r] + k, x_.k - k);
            w[r] = copies[r];
        }
        Kernel::run(w, 0, 1, tail, sums);
    }

    TernaryView<P> w_;
    const ActivationView& x_;
    const Results& results_;
    std::size_t quarter_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
