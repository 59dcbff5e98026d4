#pragma once

// The product of packings whose rows are multiplied from their own bytes (packing/in_place.hpp), for few tokens. Codes
// never leave the registers. The activations of a token are put into the order that the codes come in, once for all
// rows.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <tuple>
#include <type_traits>

#include "../core/config.hpp"
#include "../core/prefetch.hpp"
#include "../packing/in_place.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "in_place_kernel.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// From the sums of a token to those of the next, in memory.
inline constexpr std::size_t in_place_sums = 256;

/// What the product makes of sums: the integers of a whole row.
template <class B, class P>
class IntegerSums {
 public:
    using Value = std::int32_t;
    template <std::size_t M>
    using Kernel = InPlaceKernel<B, P, M>;
    static constexpr Value zero = 0;
    /// Tokens that are multiplied at once, at most: as many as registers have sums for.
    static constexpr std::size_t most_tokens = [] {
        if constexpr (!Kernel<1>::shares_codes) return 1;
        return B::registers > 16 ? 4 : 2;
    }();

    /// Of token m and those that are multiplied with it, from input k on.
    void begin(std::size_t, std::size_t) noexcept {}
    /// sums[m * in_place_sums + row] += those of `units` units of four rows, the first of them number `first` since
    /// `begin`; x is theirs.
    template <std::size_t M>
    void add(const InPlaceRows& w, const InPlaceRows& ahead, std::size_t, std::size_t units, const std::int8_t* x,
             Value* sums) const noexcept {
        std::uint32_t found[M][Kernel<M>::rows];
        Kernel<M>::run(w, ahead, units, x, found);
        for (std::size_t m = 0; m < M; ++m) {
            for (std::size_t row = 0; row < Kernel<M>::rows; ++row) {
                Value& sum = sums[m * in_place_sums + row];
                sum = static_cast<Value>(static_cast<std::uint32_t>(sum) + found[m][row]);
            }
        }
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

/// The product of four rows and some tokens at a time, for some rows of W on one thread. Blocks lie on the stack.
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
    using Value = typename Sums::Value;
    static constexpr std::size_t kernel_rows = std::tuple_size_v<InPlaceRows>;
    static constexpr std::size_t block_rows = in_place_sums, block_groups = block_rows / kernel_rows;
    /// What is arranged at once stays in the nearest cache, and its sums are exact (packing/tq1_0.hpp).
    template <std::size_t M>
    static constexpr std::size_t block_units = Sums::template Kernel<M>::most_units;
    static_assert(block_units<1> * Row::unit_inputs < 32768);

    void run(const RowSet& rows) noexcept {
        const std::size_t count = rows.range.end - rows.range.begin;
        // Machines that want weights asked for far ahead read rows that begin anywhere in a cache line best as streams.
        const bool far = prefetches_far() && rows.list == nullptr && row_bytes_ % 64 != 0;
        const std::size_t groups = ceil_div(count, kernel_rows);
        arranged_from_ = nothing;
        if (prefetches_far()) {
            const std::size_t bytes = rows.list == nullptr ? 8192 : 12288;  // listed rows lie apart
            groups_ahead_ = (std::max)(bytes / (kernel_rows * row_bytes_), std::size_t{2});
        }
        for (std::size_t group = 0; group < groups; group += block_groups) {
            const std::size_t some = (std::min)(block_groups, groups - group);
            const Block block = far ? Block{rows, rows.range.begin + group, some, 1, groups}
                                    : Block{rows, rows.range.begin + group * kernel_rows, some, kernel_rows, 1};
            std::size_t m = 0;
            const auto tokens = [&](auto at_once) TERNION_INLINE_LAMBDA {
                for (; x_.m - m >= at_once; m += at_once)
                    multiply_block<at_once>(block, m);
            };
            if constexpr (Sums::most_tokens >= 4) tokens(std::integral_constant<std::size_t, 4>{});
            if constexpr (Sums::most_tokens >= 2) tokens(std::integral_constant<std::size_t, 2>{});
            tokens(std::integral_constant<std::size_t, 1>{});
        }
    }

    /// Groups of rows that are multiplied together: row r of group i is number first + i * step + r * apart of a set.
    /// They are neighbours, or each belongs to a quarter of the set: four streams from memory that never jump.
    struct Block {
        const RowSet& rows;
        std::size_t first, groups, step, apart;

        [[nodiscard]] TERNION_INLINE bool far() const noexcept { return step == 1; }
        [[nodiscard]] TERNION_INLINE std::size_t row(std::size_t group, std::size_t r) const noexcept {
            return rows[(std::min)(first + group * step + r * apart, rows.range.end - 1)];
        }
    };

    template <std::size_t M>
    void multiply_block(const Block& block, std::size_t m) noexcept {
        Value sums[M * block_rows];
        std::fill_n(sums, M * block_rows, Sums::zero);
        for (std::size_t k = 0; k < x_.k; k += block_units<M> * Row::unit_inputs) {
            arrange<M>(m, k);
            multiply<M>(block, k, sums);
        }
        if (!block.far()) return write<M>(m, block.rows, block.first, block.groups * kernel_rows, sums);
        for (std::size_t r = 0; r < kernel_rows; ++r) {
            Value quarter[M * block_rows];
            for (std::size_t i = 0; i < M * block_rows; i += kernel_rows)
                quarter[i / block_rows * block_rows + i % block_rows / kernel_rows] = sums[i + r];
            write<M>(m, block.rows, block.first + r * block.apart, block.groups, quarter);
        }
    }

    /// The sums of `count` rows from `first` on, as far as there are so many.
    template <std::size_t M>
    void write(std::size_t m, const RowSet& rows, std::size_t first, std::size_t count,
               const Value* sums) const noexcept {
        const RowRange range{first, (std::min)(first + count, rows.range.end)};
        if (range.begin >= range.end) return;
        if constexpr (std::is_same_v<Value, std::int32_t>) {
            if (rows.list != nullptr) {
                const std::span list(rows.list + range.begin, range.end - range.begin);
                for (std::size_t i = 0; i < M; ++i)
                    results_.write_listed(m + i, list, sums + i * block_rows);
                return;
            }
        }
        results_.template write<block_rows>(m, M, first, range, sums);
    }

    /// The activations of M tokens in a block of units that begins with input k, zeros past the last, unless that is
    /// what is there.
    template <std::size_t M>
    void arrange(std::size_t m, std::size_t k) noexcept {
        using Kernel = typename Sums::template Kernel<M>;
        sums_.begin(m, k);
        const std::size_t from = m * x_.k + k;
        if (arranged_from_ == from) return;
        arranged_from_ = from;
        const std::size_t inputs = (std::min)(x_.k - k, block_units<M> * Row::unit_inputs);
        std::int8_t* out = arranged_;
        for (std::size_t i = 0; i < inputs; i += Row::unit_inputs) {
            for (std::size_t t = m; t < m + M; ++t, out += Kernel::arranged_bytes) {
                const std::int8_t* x = x_.q + t * x_.ld + k + i;
                if (inputs - i >= Row::unit_inputs) {
                    Row::arrange(x, out);
                } else {
                    std::int8_t padded[Row::unit_inputs] = {};
                    std::memcpy(padded, x, inputs - i);
                    Row::arrange(padded, out);
                }
            }
        }
    }

    /// sums += codes · x for the arranged units, whose first input is k.
    template <std::size_t M>
    void multiply(const Block& block, std::size_t k, Value* sums) const noexcept {
        const std::size_t first = k / Row::unit_inputs * Row::unit_bytes;
        const std::size_t units = (std::min)(ceil_div(x_.k - k, Row::unit_inputs), block_units<M>);
        const auto four = [&](std::size_t group) TERNION_INLINE_LAMBDA {
            InPlaceRows w;
            for (std::size_t r = 0; r < kernel_rows; ++r)  // nothing lies beyond the last one
                w[r] = w_.data() + block.row(group, r) * row_bytes_ + first;
            return w;
        };
        for (std::size_t i = 0; i < block.groups; ++i, sums += kernel_rows) {
            const InPlaceRows w = four(i);
            const std::size_t whole = (std::min)(units, readable(first, w[kernel_rows - 1]));
            sums_.template add<M>(w, ahead(block, w, four, i), 0, whole, arranged_, sums);
            if (whole != units) multiply_last<M>(w, whole, first, sums);
        }
    }

    /// What is asked for meanwhile.
    template <class Four>
    InPlaceRows ahead(const Block& block, InPlaceRows w, Four&& four, std::size_t group) const noexcept {
        if (!block.far()) return four(group + groups_ahead_);
        for (auto& row : w)
            row += prefetch_bytes(0);
        return w;
    }

    /// The units from `from` on that may be read where they lie, `first` bytes from the beginning of a row: those whose
    /// last byte belongs to the row, or if codes end before what is read does, at least to the matrix.
    [[nodiscard]] std::size_t readable(std::size_t first, const std::byte* from) const noexcept {
        const std::size_t whole = (row_bytes_ - first) / Row::unit_bytes;
        const auto left = static_cast<std::size_t>(end_ - from);
        return whole != 0 && (whole - 1) * Row::unit_bytes + Row::read_bytes > left ? whole - 1 : whole;
    }

    /// The last unit of four rows, from a copy that can be read to its end.
    template <std::size_t M>
    void multiply_last(InPlaceRows w, std::size_t unit, std::size_t first, Value* sums) const noexcept {
        constexpr std::size_t bytes = (std::max)(Row::unit_bytes, Row::read_bytes);
        alignas(64) std::byte copies[kernel_rows][bytes] = {};
        const std::size_t place = unit * Row::unit_bytes;
        for (std::size_t r = 0; r < kernel_rows; ++r) {
            std::memcpy(copies[r], w[r] + place, (std::min)(Row::unit_bytes, row_bytes_ - first - place));
            w[r] = copies[r];
        }
        constexpr std::size_t unit_of_all = M * Sums::template Kernel<M>::arranged_bytes;
        sums_.template add<M>(w, w, unit, 1, arranged_ + unit * unit_of_all, sums);
    }

    TernaryView<P> w_;
    const ActivationView& x_;
    const Results& results_;
    Sums sums_;
    std::size_t row_bytes_;
    std::size_t groups_ahead_ = 2;
    const std::byte* end_;
    static constexpr std::size_t nothing = static_cast<std::size_t>(-1);
    std::size_t arranged_from_ = nothing;  // token and input that are arranged
    alignas(64) std::int8_t arranged_[Sums::template Kernel<1>::arranged_most];
};

}  // namespace TERNION_ABI
}  // namespace ternion
