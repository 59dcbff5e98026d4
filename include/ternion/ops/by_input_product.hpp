#pragma once

// The product of weights that are stored by input (packing/by_input.hpp), with all inputs or those of a list.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "../core/config.hpp"
#include "../core/prefetch.hpp"
#include "../core/shape.hpp"
#include "../packing/by_input.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "by_input_kernel.hpp"
#include "by_input_tile_product.hpp"
#include "epilogue.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// All inputs, or those of a list, in ascending order.
struct InputSet {
    std::span<const std::uint32_t> list;
    std::size_t count;
    bool listed;

    TERNION_INLINE std::size_t operator[](std::size_t i) const noexcept { return listed ? list[i] : i; }
};

/// The product for some rows of W on one thread: units of outputs, and for each of them the inputs in turn, as many at
/// once as accumulators take. Blocks lie on the stack.
template <class B, class P>
class ByInputProduct {
 public:
    /// Up to so many tokens are multiplied as they are decoded; more by the tile kernel, with all inputs. A list is
    /// worth it for more of them than all inputs are where registers hold few sums.
    static constexpr std::size_t few_tokens = B::registers > 16 ? 12 : 3;
    static constexpr std::size_t few_listed_tokens = (std::max)(few_tokens, std::size_t{8});

    ByInputProduct(const TernaryView<P>& w, const ActivationView& x, const Results& results) noexcept
        : w_(w), x_(x), results_(results) {}

    void run(RowRange rows) noexcept {
        if (x_.m > few_tokens) return multiply_many(rows);
        multiply({{}, x_.k, false}, rows);
    }
    void run(RowRange rows, std::span<const std::uint32_t> list) noexcept {
        if (x_.m > few_listed_tokens) return run(rows);
        multiply({list, list.size(), true}, rows);
    }

 private:
    using Kernel = ByInputKernel<B, P>;
    /// More than two tokens whose inputs share so many hundredths of values, at most, are faster one after the other.
    /// Where four are multiplied at once, codes of two bits cost too little for that (docs/tried.md).
    static constexpr std::size_t most_alone = B::registers > 16 && P::codes_per_byte == 4 ? 0 : 40;
    using Sums = std::array<std::array<std::int32_t, P::most_panel_units * Kernel::outputs>, few_listed_tokens>;

    /// In a frame of its own: tiles take a quarter of a megabyte, which few tokens have no use for.
    TERNION_NOINLINE void multiply_many(RowRange rows) const noexcept {
        ByInputTileProduct<B, P>(w_, x_, results_).run(rows);
    }

    void multiply(const InputSet& inputs, RowRange rows) noexcept {
        if (x_.m == 0) return;
        const std::size_t end = ceil_div(rows.end, Kernel::outputs);
        for (std::size_t unit = rows.begin / Kernel::outputs; unit < end;) {
            const auto panel = P::panel_of(w_.shape(), unit);
            const std::size_t count = (std::min)(end, panel.end) - unit;
            for (std::size_t m = 0; m < x_.m; ++m)
                std::fill_n(sums_[m].data(), count * Kernel::outputs, 0);
            add(inputs, w_.data() + panel.place(w_.shape(), unit), panel.input_bytes(), count);
            for (std::size_t m = 0; m < x_.m; ++m)
                write(m, unit * Kernel::outputs, count, rows);
            unit += count;
        }
    }

    using Codes = std::array<std::array<std::int8_t, SomeInputs::most>, few_listed_tokens>;

    /// Adds the products of some units of a panel, whose inputs lie `stride` bytes apart.
    void add(const InputSet& inputs, const std::byte* first, std::size_t stride, std::size_t units) noexcept {
        if (inputs.count == 0) return;
        // Few inputs at once suit memory; more of them store the sums of several tokens less often.
        const std::size_t few = prefetches_far() ? 32 : 16;
        const std::size_t at_once = x_.m < 3 ? few : SomeInputs::most;
        std::array<SomeInputs, 2> some;
        find(inputs, 0, at_once, first, stride, some[0]);
        for (std::size_t i = 0, turn = 0; i < inputs.count; i += at_once, turn ^= 1) {
            const SomeInputs& these = some[turn];
            SomeInputs& next = some[turn ^ 1];
            find(inputs, (std::min)(i + at_once, inputs.count - 1), at_once, first, stride, next);
            Codes x;
            std::size_t values = 0;
            for (std::size_t m = 0; m < x_.m; ++m)
                values += read(inputs, i, these.count, m, x[m].data());
            if (x_.m > 2 && values * 100 <= these.count * x_.m * most_alone) {
                add_alone(these, next, units, x);
                continue;
            }
            for (std::size_t u = 0; u < units; ++u)
                add_unit(these, next, u, x[0].data());
        }
    }

    /// Token after token, each with the inputs that it has a value for.
    void add_alone(const SomeInputs& all, const SomeInputs& next, std::size_t units, const Codes& x) noexcept {
        std::size_t asked = 0;
        for (std::size_t m = 0; m < x_.m; ++m) {
            SomeInputs own, ahead;
            std::array<std::int8_t, SomeInputs::most> q;
            std::size_t count = 0;
            for (std::size_t i = 0; i < all.count; ++i) {
                own.weights[count] = all.weights[i];
                q[count] = x[m][i];
                count += x[m][i] != 0 ? 1 : 0;
            }
            own.count = count;
            for (; count % 4 != 0; ++count) {
                own.weights[count] = all.weights[0];
                q[count] = 0;
            }
            for (std::size_t i = 0; i < count; ++i)
                ahead.weights[i] = next.weights[(std::min)(asked + i, SomeInputs::most - 1)];
            asked += count;
            for (std::size_t u = 0; u < units; ++u) {
                Kernel::template run<1>(own, ahead, u * P::unit_bytes, q.data(), sums_[m].data() + u * Kernel::outputs,
                                        0);
            }
        }
    }

    /// For all tokens, as many at once as share what is decoded.
    void add_unit(const SomeInputs& w, const SomeInputs& next, std::size_t unit, const std::int8_t* x) noexcept {
        constexpr std::size_t ld = std::tuple_size_v<typename Sums::value_type>;
        std::size_t m = 0;
        const auto run = [&](auto tokens) TERNION_INLINE_LAMBDA {
            for (; x_.m - m >= tokens; m += tokens) {
                Kernel::template run<tokens>(w, next, unit * P::unit_bytes, x + m * SomeInputs::most,
                                             sums_[m].data() + unit * Kernel::outputs, ld);
            }
        };
        if constexpr (Kernel::tokens == 4) run(std::integral_constant<std::size_t, 4>{});
        run(std::integral_constant<std::size_t, 2>{});
        run(std::integral_constant<std::size_t, 1>{});
    }

    /// Inputs number `i` and following.
    static void find(const InputSet& inputs, std::size_t i, std::size_t at_once, const std::byte* first,
                     std::size_t stride, SomeInputs& some) noexcept {
        some.count = (std::min)(at_once, inputs.count - i);
        for (std::size_t j = 0; j < at_once; ++j)
            some.weights[j] = first + inputs[i + (std::min)(j, some.count - 1)] * stride;
    }
    /// Returns how many are no zeros.
    std::size_t read(const InputSet& inputs, std::size_t first, std::size_t count, std::size_t m,
                     std::int8_t* x) const noexcept {
        std::size_t values = 0;
        for (std::size_t i = 0; i < count; ++i) {
            x[i] = x_.q[m * x_.ld + inputs[first + i]];
            values += x[i] != 0 ? 1 : 0;
        }
        std::fill(x + count, x + round_up(count, 4), std::int8_t{0});
        return values;
    }

    void write(std::size_t m, std::size_t row, std::size_t units, RowRange rows) const noexcept {
        constexpr std::size_t at_once = 64;
        for (std::size_t u = 0; u < units; ++u) {
            alignas(64) std::int32_t ordered[Kernel::outputs];
            Kernel::order(sums_[m].data() + u * Kernel::outputs, ordered);
            for (std::size_t i = 0; i < Kernel::outputs; i += at_once) {
                const std::size_t first = row + u * Kernel::outputs + i;
                if (first >= rows.end || first + at_once <= rows.begin) continue;
                results_.template write<at_once>(m, 1, first, rows, ordered + i);
            }
        }
    }

    TernaryView<P> w_;
    const ActivationView& x_;
    const Results& results_;
    alignas(64) Sums sums_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
