#pragma once

// The product of weights that are stored by input with many tokens: units of outputs are decoded to tiles of
// tile_kernel.hpp, a tile for each field, because all fields of four inputs come out of the same registers.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../core/unroll.hpp"
#include "../packing/by_input.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "tile_kernel.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// For some rows of W on one thread. Blocks lie on the stack.
template <class B, class P>
class ByInputTileProduct {
 public:
    ByInputTileProduct(const TernaryView<P>& w, const ActivationView& x, const Results& results) noexcept
        : w_(w), x_(x), results_(results) {}

    void run(RowRange rows) noexcept {
        const std::size_t block = round_up(ceil_div(x_.m, ceil_div(x_.m, most_tokens)), Kernel::tokens);
        for (std::size_t m = 0; m < x_.m; m += block) {
            m_ = m;
            tokens_ = (std::min)(x_.m - m, block);
            if (x_.k % 4 != 0) tail_.fill(x_, m, tokens_, x_.k / 4 * 4);
            for (std::size_t row = rows.begin / P::unit_outputs * P::unit_outputs; row < rows.end;
                 row += P::unit_outputs)
                multiply_unit(row, rows);
        }
    }

 private:
    using Kernel = TileKernel<B>;
    using Codec = typename P::Codec;
    static constexpr std::size_t fields = Codec::codes_per_byte;
    static constexpr std::size_t most_tokens = 132;
    static constexpr std::size_t tile_steps = 64;  // of four inputs
    static_assert(Kernel::rows == P::unit_bytes && most_tokens % Kernel::tokens == 0);

    using Tile = std::array<std::uint8_t, tile_steps * Kernel::step_bytes>;

    /// The fields of a unit that belong to the rows asked for.
    struct Fields {
        std::size_t begin, end;
    };

    void multiply_unit(std::size_t row, RowRange rows) noexcept {
        const Fields some{(std::max)(row, rows.begin) / Kernel::rows % fields,
                          ceil_div((std::min)(rows.end - row, P::unit_outputs), Kernel::rows)};
        for (std::size_t f = some.begin; f < some.end; ++f)
            std::fill_n(sums_[f].data(), tokens_ * Kernel::rows, 0);
        const std::size_t full = x_.k / 4;
        for (std::size_t s = 0; s < full; s += tile_steps) {
            const std::size_t steps = (std::min)(tile_steps, full - s);
            multiply_tiles(row, rows, some, s, steps, x_.q + m_ * x_.ld + 4 * s, x_.ld);
        }
        if (full * 4 != x_.k) multiply_tiles(row, rows, some, full, 1, tail_.q[0], 4);
    }

    /// For some steps, whose activations are x.
    void multiply_tiles(std::size_t row, RowRange rows, const Fields& some, std::size_t step, std::size_t steps,
                        const std::int8_t* x, std::size_t ld) noexcept {
        if (some.begin == 0 && some.end == fields) {
            decode<true>(row / P::unit_outputs, some, step, steps);
        } else {
            decode<false>(row / P::unit_outputs, some, step, steps);
        }
        const bool last = 4 * (step + steps) >= x_.k;
        for (std::size_t f = some.begin; f < some.end; ++f) {
            std::int32_t* sums = sums_[f].data();
            const auto write_these = [&](std::size_t first, std::size_t count) TERNION_INLINE_LAMBDA {
                if (!last) return;
                order(sums + first * Kernel::rows, count);
                results_.template write<Kernel::rows>(m_ + first, count, row + f * Kernel::rows, rows,
                                                      sums + first * Kernel::rows);
            };
            Kernel::run(tiles_[f].data(), steps, x, ld, tokens_, sums, write_these);
        }
    }

    /// Four inputs, interleaved, are a step of a tile as they are, but for the order of its rows: fours of rows are
    /// transposed, row 16p + 4i + j lies at 16i + 4p + j, and so are sums, until `order` puts them right.
    template <bool All>
    TERNION_NOINLINE void decode(std::size_t unit, const Fields& some, std::size_t step, std::size_t steps) noexcept {
        const auto panel = P::panel_of(w_.shape(), unit);
        const std::size_t stride = panel.input_bytes();
        const std::byte* inputs = w_.data() + panel.place(w_.shape(), unit);
        for (std::size_t s = 0; s < steps; ++s) {
            std::array<const std::byte*, 4> from;  // nothing lies beyond the last one
            for (std::size_t j = 0; j < 4; ++j) {
                from[j] = inputs + (std::min)(4 * (step + s) + j, x_.k - 1) * stride;
                B::prefetch(from[j] + 32 * stride);
            }
            for (std::size_t part = 0; part < P::unit_bytes; part += B::bytes) {
                const auto four = B::interleave4(B::load(from[0] + part), B::load(from[1] + part),
                                                 B::load(from[2] + part), B::load(from[3] + part));
                unroll<4>([&](auto i) TERNION_INLINE_LAMBDA {
                    const auto split = Codec::template split_bytes<B>(four[i]);
                    unroll<fields>([&](auto f) TERNION_INLINE_LAMBDA {
                        if (!All && (f < some.begin || f >= some.end)) return;
                        B::store(tiles_[f].data() + s * Kernel::step_bytes + 64 * i + part,
                                 Codec::template field<B, f, 2>(split));
                    });
                });
            }
        }
    }

    static void order(std::int32_t* sums, std::size_t tokens) noexcept {
        using Four = std::array<std::int32_t, 4>;
        for (std::size_t m = 0; m < tokens; ++m, sums += Kernel::rows) {
            std::array<Four, 16> fours;
            std::memcpy(fours.data(), sums, sizeof(fours));
            for (std::size_t i = 0; i < 16; ++i)
                std::memcpy(sums + 4 * i, &fours[i % 4 * 4 + i / 4], sizeof(Four));
        }
    }

    TernaryView<P> w_;
    const ActivationView& x_;
    const Results& results_;
    std::size_t m_ = 0;
    std::size_t tokens_ = 0;
    ActivationTail<most_tokens, 4> tail_;
    alignas(64) std::array<Tile, fields> tiles_;
    alignas(64) std::array<std::array<std::int32_t, most_tokens * Kernel::rows>, fields> sums_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
