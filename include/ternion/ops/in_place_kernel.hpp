#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/unroll.hpp"
#include "../packing/in_place.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// The product of four rows with one token. They share each load of activations.
template <class B, class P>
struct InPlaceKernel {
    using Row = typename P::template InPlace<B>;
    static constexpr std::size_t rows = 4;
    static constexpr std::size_t arranged_bytes = Row::registers * Row::fields * B::bytes;  // of a unit

    using Rows = std::array<const std::byte*, rows>;

    /// sums[row] += codes · x for `units` units of four rows, with arranged activations. The same units of the rows
    /// `ahead` are asked for.
    static TERNION_NOINLINE void run(const Rows& w, const Rows& ahead, std::size_t units, const std::int8_t* x,
                                     std::int32_t* sums) noexcept {
        constexpr std::size_t block = B::fold_every(Row::highest_code) / dots_of_unit;
        Totals total;
        unroll<total.size()>([&](auto i) TERNION_INLINE_LAMBDA { total[i] = B::wide_zero(); });
        for (std::size_t u = 0; u < units; u += block)
            add_block(w, ahead, u, (std::min)(units, u + block), x, total);
        const auto sum = sums_of(total);
        for (std::size_t row = 0; row < rows; ++row)
            sums[row] = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[row]) + sum[row]);
    }

    /// The sums of unit number `unit` of four rows.
    static TERNION_INLINE std::array<std::uint32_t, rows> unit_sums(const Rows& w, const Rows& ahead, std::size_t unit,
                                                                    const std::int8_t* x) noexcept {
        Totals total;
        unroll<total.size()>([&](auto i) TERNION_INLINE_LAMBDA { total[i] = B::wide_zero(); });
        add_block(w, ahead, unit, unit + 1, x, total);
        return sums_of(total);
    }

 private:
    static constexpr std::size_t dots_of_unit = Row::dots * Row::registers;
    static_assert(B::fold_every(Row::highest_code) >= dots_of_unit);

    using Totals = std::array<typename B::Wide, rows * Row::totals>;

    static TERNION_INLINE std::array<std::uint32_t, rows> sums_of(const Totals& total) noexcept {
        std::array<std::array<std::uint32_t, 4>, Row::totals> sum;
        unroll<Row::totals>([&](auto t) TERNION_INLINE_LAMBDA {
            sum[t] = B::sum4(total[t], total[Row::totals + t], total[2 * Row::totals + t], total[3 * Row::totals + t]);
        });
        std::array<std::uint32_t, rows> combined;
        unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA {
            std::array<std::uint32_t, Row::totals> of_row;
            unroll<Row::totals>([&](auto t) TERNION_INLINE_LAMBDA { of_row[t] = sum[t][row]; });
            combined[row] = Row::combine(of_row);
        });
        return combined;
    }

    static TERNION_INLINE void add_block(const Rows& w, const Rows& ahead, std::size_t begin, std::size_t end,
                                         const std::int8_t* x, Totals& total) noexcept {
        std::array<typename B::Narrow, rows * Row::accumulators> sum;
        unroll<sum.size()>([&](auto i) TERNION_INLINE_LAMBDA { sum[i] = B::narrow_zero(); });
        for (std::size_t u = begin; u < end; ++u) {
            unroll<Row::registers>([&](auto r) TERNION_INLINE_LAMBDA {
                const std::int8_t* arranged = x + u * arranged_bytes + r * Row::fields * B::bytes;
                unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA {
                    const std::byte* unit = w[row] + u * Row::unit_bytes;
                    if constexpr (r == 0) B::prefetch(ahead[row] + u * Row::unit_bytes);
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

}  // namespace TERNION_ABI
}  // namespace ternion
