#pragma once

// The product with many tokens where weights, activations or both have a scale for each group of inputs along K, by the
// formula of grouped_product.hpp: a tile of some groups is decoded, and multiplied and dequantised group by group.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../packing/packing.hpp"
#include "../packing/panel.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "group_scales.hpp"
#include "grouped_tile_kernel.hpp"
#include "tile_product.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// For some rows of W, on one thread. Blocks lie on the stack.
template <class B, Packing P>
class GroupedTileProduct {
    static constexpr bool by_panels = panels_end_with_groups<P, B>;
    using Tile = TileKernel<B>;
    using Kernel = GroupedTileKernel<B>;
    using Decoder = TileDecoder<B, P, by_panels>;
    static constexpr std::size_t rows_at_once = Tile::rows;
    using Blocks = TokenBlocks<Kernel>;
    static constexpr std::size_t tile_groups = Tile::inputs / 64;  // at most
    static_assert(Tile::inputs % max_group_inputs == 0 && 64 % Decoder::chunk_inputs == 0);

 public:
    /// From so many tokens on this is faster than decoding panels, or unpacking rows, for each few of them.
    static constexpr std::size_t least_tokens = !by_panels ? 12 : B::registers > 16 ? 49 : 8;

    GroupedTileProduct(const TernaryView<P>& w, const GroupScales& scales, const ActivationView& x,
                       const Results& results) noexcept
        : w_(w), scales_(scales), x_(x), results_(results), groups_(scales, x) {}

    void run(RowRange rows) noexcept {
        const std::size_t block = Blocks::of(x_.m, x_.k);
        for (m_ = 0; m_ < x_.m; m_ += block) {
            tokens_ = (std::min)(block, x_.m - m_);
            for (std::size_t row = rows.begin / 16 * 16; row < rows.end; row += rows_at_once)
                multiply_rows(row, rows);
        }
    }

 private:
    void multiply_rows(std::size_t row, RowRange rows) noexcept {
        alignas(64) float totals[Blocks::most * rows_at_once];
        std::fill_n(totals, tokens_ * rows_at_once, -0.0f);  // to which any first addend adds up to itself
        for (std::size_t k = 0; k < x_.k; k += Tile::inputs)
            multiply_tile(row, rows.end, k, totals);
        results_.template write<rows_at_once>(m_, tokens_, row, rows, totals);
    }

    void multiply_tile(std::size_t row, std::size_t end, std::size_t k, float* totals) const noexcept {
        alignas(64) std::uint8_t tile[Tile::inputs / 4 * Tile::step_bytes];
        alignas(64) float scales[tile_groups][rows_at_once] = {};  // rows beyond the last have none
        const std::size_t inputs = (std::min)(Tile::inputs, x_.k - k), count = ceil_div(inputs, groups_.inputs);
        Decoder::decode(w_, row, end, k / Decoder::chunk_inputs, ceil_div(inputs, Decoder::chunk_inputs), tile);
        for (std::size_t g = 0; g < count; ++g) {
            const std::size_t group = (k + g * groups_.inputs) >> groups_.w_bits;
            read_scales<B, 16>(w_, scales_, row, (std::min)(rows_at_once, end - row), group, scales[g]);
        }
        for (std::size_t t = 0; t < tokens_; t += Kernel::tokens) {
            for (std::size_t g = 0; g < count; ++g) {
                const std::uint8_t* of_group = tile + g * groups_.inputs / 4 * Tile::step_bytes;
                multiply_group(of_group, t, k + g * groups_.inputs, scales[g], totals + t * rows_at_once);
            }
        }
    }

    /// For the tokens from number t of the block on, as many as a kernel takes.
    TERNION_INLINE void multiply_group(const std::uint8_t* tile, std::size_t t, std::size_t k, const float* scales,
                                       float* totals) const noexcept {
        const std::size_t count = (std::min)(Kernel::tokens, tokens_ - t);
        const GroupOfTokens activations(x_, groups_, m_ + t, k);
        typename Kernel::Group group;
        for (std::size_t i = 0; i < count; ++i) {
            group.bias[i] = static_cast<std::int32_t>(0u - activations.sum(i));
            group.x_scales[i] = activations.scale(i);
        }
        if (k + groups_.inputs <= x_.k)
            return Kernel::run(tile, groups_.inputs / 4, x_.q + (m_ + t) * x_.ld + k, x_.ld, count, group, scales,
                               totals);
        GroupTail<Kernel::tokens> tail;
        tail.fill(x_, m_ + t, count, k);
        const std::size_t inputs = round_up(x_.k - k, Decoder::chunk_inputs);
        Kernel::run(tile, inputs / 4, tail.q[0], max_group_inputs, count, group, scales, totals);
    }

    TernaryView<P> w_;
    GroupScales scales_;
    const ActivationView& x_;
    const Results& results_;
    Groups groups_;
    std::size_t m_ = 0;
    std::size_t tokens_ = 0;
};

}  // namespace TERNION_ABI
}  // namespace ternion
