#pragma once

// The product with many tokens where weights, activations or both have a scale for each group of inputs along K, by the
// formula of grouped_product.hpp: a tile is one group, and its sums are dequantised while they are in the nearest
// cache.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../core/unroll.hpp"
#include "../packing/packing.hpp"
#include "../packing/panel.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "group_scales.hpp"
#include "tile_kernel.hpp"
#include "tile_product.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// For some rows of W, on one thread. Blocks lie on the stack.
template <class B, Packing P>
class GroupedTileProduct {
    static constexpr bool by_panels = panels_end_with_groups<P, B>;
    using Kernel = TileKernel<B>;
    using Decoder = TileDecoder<B, P, by_panels>;
    static constexpr std::size_t rows_at_once = Kernel::rows;
    static constexpr std::size_t block_tokens = 96;
    static_assert(block_tokens % Kernel::tokens == 0);
    static_assert(max_group_inputs <= Kernel::inputs && 64 % Decoder::chunk_inputs == 0);

 public:
    /// Whether so many tokens are faster than without decoding tiles. Panels that are decoded for large blocks of
    /// tokens are faster without, always.
    static constexpr bool takes(std::size_t tokens) noexcept {
        return !(by_panels && B::registers > 16) && tokens >= 12;
    }

    GroupedTileProduct(const TernaryView<P>& w, const GroupScales& scales, const ActivationView& x,
                       const Results& results) noexcept
        : w_(w), scales_(scales), x_(x), results_(results), groups_(scales, x), tail_begin_(groups_.last_begin(x.k)) {}

    void run(RowRange rows) noexcept {
        const std::size_t block = round_up(ceil_div(x_.m, ceil_div(x_.m, block_tokens)), Kernel::tokens);
        for (m_ = 0; m_ < x_.m; m_ += block) {
            tokens_ = (std::min)(block, x_.m - m_);
            tail_.fill(x_, m_, tokens_, tail_begin_);
            for (std::size_t row = rows.begin / 16 * 16; row < rows.end; row += rows_at_once)
                multiply_rows(row, rows);
        }
    }

 private:
    void multiply_rows(std::size_t row, RowRange rows) noexcept {
        alignas(64) float totals[block_tokens * rows_at_once];
        std::fill_n(totals, tokens_ * rows_at_once, -0.0f);  // to which any first addend adds up to itself
        for (std::size_t k = 0; k < x_.k; k += groups_.inputs)
            multiply_group(row, rows.end, k, totals);
        results_.template write<rows_at_once>(m_, tokens_, row, rows, totals);
    }

    void multiply_group(std::size_t row, std::size_t end, std::size_t k, float* totals) const noexcept {
        alignas(64) std::uint8_t tile[max_group_inputs / 4 * Kernel::step_bytes];
        alignas(64) std::int32_t sums[block_tokens * rows_at_once];
        alignas(64) float scales[rows_at_once] = {};  // rows beyond the last have none
        const std::size_t chunks = ceil_div((std::min)(groups_.inputs, x_.k - k), Decoder::chunk_inputs);
        Decoder::decode(w_, row, end, k / Decoder::chunk_inputs, chunks, tile);
        read_scales<B, 16>(w_, scales_, row, (std::min)(rows_at_once, end - row), k >> groups_.w_bits, scales);
        for (std::size_t t = 0; t < tokens_; ++t) {
            const auto bias = static_cast<std::uint32_t>(sum_of_group(x_, m_ + t, k, groups_.inputs));
            std::fill_n(sums + t * rows_at_once, rows_at_once, static_cast<std::int32_t>(0u - bias));
        }
        const bool last = k == tail_begin_;
        const std::int8_t* x = last ? tail_.q[0] : x_.q + m_ * x_.ld + k;
        Kernel::run(tile, chunks * (Decoder::chunk_inputs / 4), x, last ? max_group_inputs : x_.ld, tokens_, sums,
                    [&](std::size_t first, std::size_t count) TERNION_INLINE_LAMBDA {
                        for (std::size_t t = first; t < first + count; ++t) {
                            add(sums + t * rows_at_once, scales, groups_.x_scale(m_ + t, k), totals + t * rows_at_once);
                        }
                    });
    }

    static TERNION_INLINE void add(const std::int32_t* __restrict sums, const float* __restrict scales, float x_scale,
                                   float* __restrict totals) noexcept {
        if constexpr (requires(typename B::Floats x) { B::multiply_add(x, x, x); }) {
            const auto x_scales = B::splat_float(x_scale);
            unroll<rows_at_once / B::lanes>([&](auto i) TERNION_INLINE_LAMBDA {
                const std::size_t r = i * B::lanes;
                const auto scale = B::multiply(B::load_floats(scales + r), x_scales);
                const auto sum = B::to_floats(B::load_wide(sums + r));
                B::store_floats(totals + r, B::multiply_add(sum, scale, B::load_floats(totals + r)));
            });
        } else {
            for (std::size_t r = 0; r < rows_at_once; ++r)
                totals[r] = multiply_add(static_cast<float>(sums[r]), scales[r] * x_scale, totals[r]);
        }
    }

    TernaryView<P> w_;
    GroupScales scales_;
    const ActivationView& x_;
    const Results& results_;
    Groups groups_;
    std::size_t m_ = 0;
    std::size_t tokens_ = 0;
    std::size_t tail_begin_;
    GroupTail<block_tokens> tail_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
