#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../core/config.hpp"
#include "../core/unroll.hpp"
#include "../packing/by_input.hpp"
#include "../tensor/ternary_view.hpp"
#include "tile_kernel.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// Decodes weights that are stored by input to tiles, for TileProduct. The 64 rows of a tile are one field of a unit,
/// and four inputs, interleaved, are a step of a tile as they are, but for the order of its rows: fours of rows are
/// transposed, row 16p + 4i + j lies at 16i + 4p + j, and so are sums, until `order` puts them right.
template <class B, class P>
struct ByInputDecoder {
    using Kernel = TileKernel<B>;
    using Codec = typename P::Codec;
    static constexpr std::size_t chunk_inputs = 4;
    static constexpr std::size_t first_row_step = Kernel::rows;
    static_assert(Kernel::rows == P::unit_bytes);

    /// As TileDecoder's; `row` is a multiple of 64.
    static void decode(const TernaryView<P>& w, std::size_t row, std::size_t, std::size_t chunk, std::size_t chunks,
                       std::uint8_t* tile) noexcept {
        TERNION_ASSERT(row % Kernel::rows == 0);
        const std::size_t unit = row / P::unit_outputs;
        unroll<Codec::codes_per_byte>([&](auto f) TERNION_INLINE_LAMBDA {
            if (row % P::unit_outputs / P::unit_bytes == f) decode_field<f>(w, unit, chunk, chunks, tile);
        });
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

 private:
    template <std::size_t F>
    static TERNION_NOINLINE void decode_field(const TernaryView<P>& w, std::size_t unit, std::size_t chunk,
                                              std::size_t chunks, std::uint8_t* tile) noexcept {
        const auto panel = P::panel_of(w.shape(), unit);
        const std::size_t bytes = panel.input_bytes();
        const std::byte* inputs = w.data() + panel.place(w.shape(), unit);
        for (std::size_t c = 0; c < chunks; ++c, tile += Kernel::step_bytes) {
            const std::size_t k = (chunk + c) * chunk_inputs;
            std::array<const std::byte*, 4> from;  // nothing lies beyond the last one
            for (std::size_t j = 0; j < 4; ++j) {
                from[j] = inputs + (std::min)(k + j, w.cols() - 1) * bytes;
                B::prefetch(from[j] + 32 * bytes);
            }
            for (std::size_t part = 0; part < P::unit_bytes; part += B::bytes) {
                const auto four = B::interleave4(B::load(from[0] + part), B::load(from[1] + part),
                                                 B::load(from[2] + part), B::load(from[3] + part));
                unroll<4>([&](auto i) TERNION_INLINE_LAMBDA {
                    const auto split = Codec::template split_bytes<B>(four[i]);
                    B::store(tile + 64 * i + part, Codec::template field<B, F, 2>(split));
                });
            }
        }
    }
};

}  // namespace TERNION_ABI
}  // namespace ternion
