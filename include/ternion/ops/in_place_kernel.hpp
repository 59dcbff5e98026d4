#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <tuple>

#include "../core/config.hpp"
#include "../core/unroll.hpp"
#include "../packing/in_place.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// Where four rows begin.
using InPlaceRows = std::array<const std::byte*, 4>;

/// The product of four rows with M tokens. One token's rows share each load of activations, several tokens share each
/// code.
template <class B, class P, std::size_t M = 1>
struct InPlaceKernel {
    using Row = typename P::template InPlace<B, M>;
    static constexpr std::size_t rows = std::tuple_size_v<InPlaceRows>;
    static constexpr std::size_t arranged_bytes = Row::registers * Row::fields * B::bytes;  // of a unit

    static constexpr std::size_t sums = M * rows * Row::accumulators;  // that are in registers

    /// Whether M may be more than one.
    static constexpr bool shares_codes = requires(typename B::Bytes packed) { Row::split(packed); };

    using Rows = InPlaceRows;

    /// What is arranged at once stays in the nearest cache.
    static constexpr std::size_t arranged_most = 16384;
    static constexpr std::size_t most_units = arranged_most / (M * arranged_bytes);

    /// out[m][row] = codes · x for `units` units of four rows, with arranged activations, unit after unit those of all
    /// tokens. The same units of the rows `ahead` are asked for.
    static TERNION_NOINLINE void run(const Rows& w, const Rows& ahead, std::size_t units, const std::int8_t* x,
                                     std::uint32_t (&out)[M][rows]) noexcept {
        constexpr std::size_t block = B::fold_every(Row::highest_code) / dots_of_unit;
        Totals total;
        unroll<total.size()>([&](auto i) TERNION_INLINE_LAMBDA { total[i] = B::wide_zero(); });
        if constexpr (block >= most_units) {
            add_block(w, ahead, 0, units, x, total);
        } else {
            for (std::size_t u = 0; u < units; u += block)
                add_block(w, ahead, u, (std::min)(units, u + block), x, total);
        }
        unroll<M>([&](auto m) TERNION_INLINE_LAMBDA {
            const auto sum = sums_of<m>(total);
            std::memcpy(out[m], sum.data(), sizeof(sum));
        });
    }

    /// The sums of unit number `unit` of four rows, for one token.
    static TERNION_INLINE std::array<std::uint32_t, rows> unit_sums(const Rows& w, const Rows& ahead, std::size_t unit,
                                                                    const std::int8_t* x) noexcept {
        Totals total;
        unroll<total.size()>([&](auto i) TERNION_INLINE_LAMBDA { total[i] = B::wide_zero(); });
        add_block(w, ahead, unit, unit + 1, x, total);
        return sums_of<0>(total);
    }

 private:
    static constexpr std::size_t dots_of_unit = Row::dots * Row::registers;
    static_assert(B::fold_every(Row::highest_code) >= dots_of_unit);

    using Totals = std::array<typename B::Wide, M * rows * Row::totals>;

    template <std::size_t Token>
    static TERNION_INLINE std::array<std::uint32_t, rows> sums_of(const Totals& total) noexcept {
        std::array<std::array<std::uint32_t, 4>, Row::totals> sum;
        unroll<Row::totals>([&](auto t) TERNION_INLINE_LAMBDA {
            const auto of = [&](std::size_t row)
                                TERNION_INLINE_LAMBDA { return total[(Token * rows + row) * Row::totals + t]; };
            sum[t] = B::sum4(of(0), of(1), of(2), of(3));
        });
        std::array<std::uint32_t, rows> combined;
        unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA {
            std::array<std::uint32_t, Row::totals> of_row;
            unroll<Row::totals>([&](auto t) TERNION_INLINE_LAMBDA { of_row[t] = sum[t][row]; });
            combined[row] = Row::combine(of_row);
        });
        return combined;
    }

    using Accumulators = std::array<typename B::Narrow, sums>;

    /// A register of each row, one after the other.
    template <class Read>
    static TERNION_INLINE void add_register(Read&& read, const std::int8_t* arranged, Accumulators& sum) noexcept {
        unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA {
            const auto dot = [&]<std::size_t A, std::size_t F>(typename B::Bytes codes) TERNION_INLINE_LAMBDA {
                auto& accumulator = sum[row * Row::accumulators + A];
                accumulator = B::dot(accumulator, codes, B::load(arranged + F * B::bytes));
            };
            Row::multiply(read(row), dot);
        });
    }

    /// The same field of all rows, so that these share each load of activations, and tokens each code.
    template <class Read>
    static TERNION_INLINE void share_register(Read&& read, const std::int8_t* arranged, Accumulators& sum) noexcept {
        std::array<decltype(Row::split(read(0))), rows> split;
        unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA { split[row] = Row::split(read(row)); });
        unroll<Row::fields>([&](auto f) TERNION_INLINE_LAMBDA {
            std::array<typename B::Bytes, rows> codes;
            unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA { codes[row] = Row::template field<f>(split[row]); });
            unroll<M>([&](auto m) TERNION_INLINE_LAMBDA {
                const auto q = B::load_once(arranged + m * arranged_bytes + f * B::bytes);
                unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA {
                    auto& accumulator = sum[(m * rows + row) * Row::accumulators + Row::template accumulator_of<f>];
                    accumulator = B::dot(accumulator, codes[row], q);
                });
            });
        });
    }

    static TERNION_INLINE void add_block(const Rows& w, const Rows& ahead, std::size_t begin, std::size_t end,
                                         const std::int8_t* x, Totals& total) noexcept {
        Accumulators sum;
        unroll<sum.size()>([&](auto i) TERNION_INLINE_LAMBDA { sum[i] = B::narrow_zero(); });
        for (std::size_t u = begin; u < end; ++u) {
            unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA { B::prefetch(ahead[row] + u * Row::unit_bytes); });
            unroll<Row::registers>([&](auto r) TERNION_INLINE_LAMBDA {
                const std::int8_t* arranged = x + u * M * arranged_bytes + r * Row::fields * B::bytes;
                const auto read = [&](std::size_t row) TERNION_INLINE_LAMBDA {
                    return Row::template load<r>(w[row] + u * Row::unit_bytes);
                };
                if constexpr (M == 1) {
                    add_register(read, arranged, sum);
                } else {
                    share_register(read, arranged, sum);
                }
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
