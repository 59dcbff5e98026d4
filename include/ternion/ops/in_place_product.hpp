#pragma once

// The product of packings whose rows are multiplied from their own bytes (packing/in_place.hpp), for few tokens. Codes
// never leave the registers. The activations of a token are put into the order that the codes come in, once for all
// rows.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "../core/config.hpp"
#include "../packing/in_place.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "in_place_kernel.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// What the product makes of sums: the integers of a whole row.
template <class B, class P>
class IntegerSums {
 public:
    using Value = std::int32_t;
    using Kernel = InPlaceKernel<B, P>;
    static constexpr Value zero = 0;

    /// Of token m, from input k on.
    void begin(std::size_t, std::size_t) noexcept {}
    /// sums[row] += those of `units` units of four rows, the first of them number `first` since `begin`; x is theirs.
    void add(const typename Kernel::Rows& w, const typename Kernel::Rows& ahead, std::size_t, std::size_t units,
             const std::int8_t* x, Value* sums) const noexcept {
        Kernel::run(w, ahead, units, x, sums);
    }
};

/// The rows of a range, or those of a list, by their number there.
struct RowSet {
    RowRange range;
    const std::uint32_t* list = nullptr;  // of row 0, if it is one

    [[nodiscard]] TERNION_INLINE std::size_t operator[](std::size_t i) const noexcept {
        return list == nullptr ? i : list[i];
    }
};

/// The product of four rows at a time, for some rows of W on one thread, token after token. Blocks lie on the stack.
template <class B, class P, class Sums = IntegerSums<B, P>>
class InPlaceProduct {
 public:
    /// Whether this is the way to multiply so many tokens by a matrix of such a shape.
    static bool takes(Shape shape, std::size_t tokens) noexcept {
        return tokens <= Row::few_tokens && P::row_bytes(shape) != 0;
    }

    InPlaceProduct(const TernaryView<P>& w, const ActivationView& x, const Results& results, Sums sums = {}) noexcept
        : w_(w),
          x_(x),
          results_(results),
          sums_(sums),
          row_bytes_(P::row_bytes(w.shape())),
          end_(w.data() + P::bytes(w.shape())) {}

    void run(RowRange rows) noexcept { run(RowSet{rows}); }
    /// The listed rows, in ascending order.
    void run(std::span<const std::uint32_t> rows) noexcept { run(RowSet{{0, rows.size()}, rows.data()}); }

 private:
    using Row = typename P::template InPlace<B>;
    using Kernel = InPlaceKernel<B, P>;
    using Value = typename Sums::Value;
    static constexpr std::size_t block_rows = 256;
    /// What is arranged at once stays in the nearest cache, and its sums are exact (packing/tq1_0.hpp).
    static constexpr std::size_t block_units = 16384 / Kernel::arranged_bytes;
    static_assert(block_units * Row::unit_inputs < 32768 && block_rows % Kernel::rows == 0);

    void run(const RowSet& rows) noexcept {
        const bool once = ceil_div(x_.k, Row::unit_inputs) <= block_units;
        const auto [begin, end] = rows.range;
        for (std::size_t m = 0; m < x_.m; ++m) {
            for (std::size_t row = begin; row < end; row += block_rows) {
                const RowSet block{{row, (std::min)(row + block_rows, end)}, rows.list};
                Value sums[block_rows];
                std::fill_n(sums, block_rows, Sums::zero);
                for (std::size_t k = 0; k < x_.k; k += block_units * Row::unit_inputs) {
                    if (!once || row == begin) arrange(m, k);
                    multiply(block, end, k, sums);
                }
                write(m, block, sums);
            }
        }
    }

    void write(std::size_t m, const RowSet& rows, const Value* sums) const noexcept {
        const auto [begin, end] = rows.range;
        if constexpr (std::is_same_v<Value, std::int32_t>) {
            if (rows.list != nullptr) return results_.write_listed(m, {rows.list + begin, end - begin}, sums);
        }
        results_.template write<block_rows>(m, 1, begin, rows.range, sums);
    }

    /// The activations of a block of units that begins with input k, zeros past the last.
    void arrange(std::size_t m, std::size_t k) noexcept {
        sums_.begin(m, k);
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

    /// sums[row - begin of rows] += codes · x for the arranged block. `end` is where rows end that are multiplied next.
    void multiply(const RowSet& rows, std::size_t end, std::size_t k, Value* sums) const noexcept {
        const std::size_t first = k / Row::unit_inputs * Row::unit_bytes;
        const std::size_t units = (std::min)(ceil_div(x_.k - k, Row::unit_inputs), block_units);
        for (std::size_t row = rows.range.begin; row < rows.range.end; row += Kernel::rows, sums += Kernel::rows) {
            const auto four = [&](std::size_t from, std::size_t last) TERNION_INLINE_LAMBDA {
                typename Kernel::Rows w;
                for (std::size_t r = 0; r < Kernel::rows; ++r)  // nothing lies beyond the last one
                    w[r] = w_.data() + rows[(std::min)(from + r, last)] * row_bytes_ + first;
                return w;
            };
            const auto w = four(row, rows.range.end - 1);
            const std::size_t whole = (std::min)(units, readable(first, w[Kernel::rows - 1]));
            sums_.add(w, four(row + 2 * Kernel::rows, end - 1), 0, whole, arranged_, sums);
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
    void multiply_last(typename Kernel::Rows w, std::size_t unit, std::size_t first, Value* sums) const noexcept {
        constexpr std::size_t bytes = (std::max)(Row::unit_bytes, Row::read_bytes);
        alignas(64) std::byte copies[Kernel::rows][bytes] = {};
        const std::size_t place = unit * Row::unit_bytes;
        for (std::size_t r = 0; r < Kernel::rows; ++r) {
            std::memcpy(copies[r], w[r] + place, (std::min)(Row::unit_bytes, row_bytes_ - first - place));
            w[r] = copies[r];
        }
        sums_.add(w, w, unit, 1, arranged_ + unit * Kernel::arranged_bytes, sums);
    }

    TernaryView<P> w_;
    const ActivationView& x_;
    const Results& results_;
    Sums sums_;
    std::size_t row_bytes_;
    const std::byte* end_;
    alignas(64) std::int8_t arranged_[block_units * Kernel::arranged_bytes];
};

}  // namespace TERNION_ABI
}  // namespace ternion
