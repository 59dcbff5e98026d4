#pragma once

// The product of packings whose rows are multiplied from their own bytes (packing/in_place.hpp), for few tokens. Codes
// never leave the registers. The activations of a token are put into the order that the codes come in, once for all
// rows.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../core/config.hpp"
#include "../core/unroll.hpp"
#include "../packing/in_place.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// The product of four rows with one token. They share each load of activations.
template <class B, class P>
struct InPlaceKernel {
    using Row = typename P::template InPlace<B>;
    static constexpr std::size_t rows = 4;
    static constexpr std::size_t arranged_bytes = Row::registers * Row::fields * B::bytes;  // of a unit

    using Rows = std::array<const std::byte*, rows>;

    /// sums[row] += codes · x for `units` units of four rows, with arranged activations. What lies `ahead` of each byte
    /// is asked for.
    static TERNION_NOINLINE void run(const Rows& w, std::size_t ahead, std::size_t units, const std::int8_t* x,
                                     std::int32_t* sums) noexcept {
        constexpr std::size_t block = std::max<std::size_t>(1, B::fold_every(Row::highest_code) / dots_of_unit);
        Totals total;
        unroll<total.size()>([&](auto i) TERNION_INLINE_LAMBDA { total[i] = B::wide_zero(); });
        for (std::size_t u = 0; u < units; u += block)
            add_block(w, ahead, u, (std::min)(units, u + block), x, total);
        std::array<std::array<std::uint32_t, 4>, Row::totals> sum;
        unroll<Row::totals>([&](auto t) TERNION_INLINE_LAMBDA {
            sum[t] = B::sum4(total[t], total[Row::totals + t], total[2 * Row::totals + t], total[3 * Row::totals + t]);
        });
        unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA {
            std::array<std::uint32_t, Row::totals> of_row;
            unroll<Row::totals>([&](auto t) TERNION_INLINE_LAMBDA { of_row[t] = sum[t][row]; });
            sums[row] = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[row]) + Row::combine(of_row));
        });
    }

 private:
    static constexpr std::size_t dots_of_unit = Row::dots * Row::registers;
    static_assert(B::fold_every(Row::highest_code) >= dots_of_unit);

    using Totals = std::array<typename B::Wide, rows * Row::totals>;

    static TERNION_INLINE void add_block(const Rows& w, std::size_t ahead, std::size_t begin, std::size_t end,
                                         const std::int8_t* x, Totals& total) noexcept {
        std::array<typename B::Narrow, rows * Row::accumulators> sum;
        unroll<sum.size()>([&](auto i) TERNION_INLINE_LAMBDA { sum[i] = B::narrow_zero(); });
        for (std::size_t u = begin; u < end; ++u) {
            unroll<Row::registers>([&](auto r) TERNION_INLINE_LAMBDA {
                const std::int8_t* arranged = x + u * arranged_bytes + r * Row::fields * B::bytes;
                unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA {
                    const std::byte* unit = w[row] + u * Row::unit_bytes;
                    if constexpr (r == 0) B::prefetch(unit + ahead);
                    const auto dot = [&]<std::size_t A, std::size_t F>(typename B::Bytes codes) TERNION_INLINE_LAMBDA {
                        auto& accumulator = sum[row * Row::accumulators + A];
                        accumulator = B::dot(accumulator, codes, B::load(arranged + F * B::bytes));
                    };
                    Row::multiply(Row::template load<r>(unit), dot);
                });
            });
        }
        unroll<sum.size()>([&](auto i) TERNION_INLINE_LAMBDA {
            constexpr std::size_t row = i / Row::accumulators, accumulator = i % Row::accumulators;
            auto& of_row = total[row * Row::totals + Row::total_of(accumulator)];
            of_row = B::template fold<Row::shift_of(accumulator)>(of_row, sum[i]);
        });
    }
};

/// Such a product for some rows of W on one thread, token after token. Blocks lie on the stack.
template <class B, class P>
class InPlaceProduct {
 public:
    /// Whether this is the way to multiply so many tokens by a matrix of such a shape.
    static bool takes(Shape shape, std::size_t tokens) noexcept {
        return tokens <= Row::few_tokens && P::row_bytes(shape) != 0;
    }

    InPlaceProduct(const TernaryView<P>& w, const ActivationView& x, const Results& results) noexcept
        : w_(w), x_(x), results_(results), row_bytes_(P::row_bytes(w.shape())), end_(w.data() + P::bytes(w.shape())) {}

    void run(RowRange rows) noexcept {
        const bool once = ceil_div(x_.k, Row::unit_inputs) <= block_units;
        for (std::size_t m = 0; m < x_.m; ++m) {
            for (std::size_t row = rows.begin; row < rows.end; row += block_rows) {
                const RowRange block{row, (std::min)(row + block_rows, rows.end)};
                std::int32_t sums[block_rows] = {};
                for (std::size_t k = 0; k < x_.k; k += block_units * Row::unit_inputs) {
                    if (!once || row == rows.begin) arrange(m, k);
                    multiply(block, k, sums);
                }
                results_.template write<block_rows>(m, 1, row, block, sums);
            }
        }
    }

 private:
    using Row = typename P::template InPlace<B>;
    using Kernel = InPlaceKernel<B, P>;
    static constexpr std::size_t block_rows = 256;
    /// What is arranged at once stays in the nearest cache, and its sums are exact (packing/tq1_0.hpp).
    static constexpr std::size_t block_units = 16384 / Kernel::arranged_bytes;
    static_assert(block_units * Row::unit_inputs < 32768 && block_rows % Kernel::rows == 0);

    /// The activations of a block of units that begins with input k, zeros past the last.
    void arrange(std::size_t m, std::size_t k) noexcept {
        const std::int8_t* x = x_.q + m * x_.ld + k;
        const std::size_t inputs = (std::min)(x_.k - k, block_units * Row::unit_inputs);
        std::int8_t* out = arranged_;
        std::size_t i = 0;
        for (; i + Row::unit_inputs <= inputs; i += Row::unit_inputs, out += Kernel::arranged_bytes)
            Row::arrange(x + i, out);
        if (i == inputs) return;
        std::int8_t padded[Row::unit_inputs] = {};
        std::memcpy(padded, x + i, inputs - i);
        Row::arrange(padded, out);
    }

    /// sums[row - rows.begin] += codes · x for the arranged block.
    void multiply(RowRange rows, std::size_t k, std::int32_t* sums) const noexcept {
        const std::size_t first = k / Row::unit_inputs * Row::unit_bytes;
        const std::size_t units = (std::min)(ceil_div(x_.k - k, Row::unit_inputs), block_units);
        for (std::size_t row = rows.begin; row < rows.end; row += Kernel::rows, sums += Kernel::rows) {
            typename Kernel::Rows w;
            for (std::size_t r = 0; r < Kernel::rows; ++r)  // nothing lies beyond the last one
                w[r] = w_.data() + (std::min)(row + r, rows.end - 1) * row_bytes_ + first;
            const std::size_t whole = (std::min)(units, readable(first, w[Kernel::rows - 1]));
            Kernel::run(w, Kernel::rows * row_bytes_, whole, arranged_, sums);
            if (whole != units) multiply_last(w, whole, first, sums);
        }
    }

    /// The units from `from` on that may be read where they lie, `first` bytes from the beginning of a row: those whose
    /// last byte belongs to the row, or if codes end before what is read does, at least to the matrix.
    [[nodiscard]] std::size_t readable(std::size_t first, const std::byte* from) const noexcept {
        const std::size_t whole = (row_bytes_ - first) / Row::unit_bytes;
        const auto left = static_cast<std::size_t>(end_ - from);
        return whole != 0 && (whole - 1) * Row::unit_bytes + Row::read_bytes > left ? whole - 1 : whole;
    }

    /// The last unit of four rows, from a copy that can be read to its end.
    void multiply_last(typename Kernel::Rows w, std::size_t unit, std::size_t first,
                       std::int32_t* sums) const noexcept {
        constexpr std::size_t bytes = (std::max)(Row::unit_bytes, Row::read_bytes);
        alignas(64) std::byte copies[Kernel::rows][bytes] = {};
        const std::size_t place = unit * Row::unit_bytes;
        for (std::size_t r = 0; r < Kernel::rows; ++r) {
            std::memcpy(copies[r], w[r] + place, (std::min)(Row::unit_bytes, row_bytes_ - first - place));
            w[r] = copies[r];
        }
        Kernel::run(w, 0, 1, arranged_ + unit * Kernel::arranged_bytes, sums);
    }

    TernaryView<P> w_;
    const ActivationView& x_;
    const Results& results_;
    std::size_t row_bytes_;
    const std::byte* end_;
    alignas(64) std::int8_t arranged_[block_units * Kernel::arranged_bytes];
};

}  // namespace TERNION_ABI
}  // namespace ternion
