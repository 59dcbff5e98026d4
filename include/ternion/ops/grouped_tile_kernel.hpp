#pragma once

// The kernel of large batches (tile_kernel.hpp) for one group of inputs with scales of its own: sums are dequantised in
// the registers that they were added up in.

#include <array>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/unroll.hpp"
#include "epilogue.hpp"
#include "group_scales.hpp"
#include "tile_kernel.hpp"

namespace ternion {
inline namespace TERNION_ABI {

template <class B>
struct GroupedTileKernel {
    using Kernel = TileKernel<B>;
    static constexpr std::size_t tokens = Kernel::tokens;
    static constexpr std::size_t width = Kernel::width;
    static_assert(max_group_inputs / 4 <= Kernel::fold_steps);

    /// What a group of some tokens has: the sums of their activations, negative, and the scales of those.
    struct Group {
        std::array<std::int32_t, tokens> bias;
        std::array<float, tokens> x_scales;
    };

    /// totals[m][64] += (tile · x + bias) * scale for `count` tokens, at most `tokens`, and a group of `steps` steps.
    /// `scales` are those of the rows.
    static TERNION_INLINE void run(const std::uint8_t* tile, std::size_t steps, const std::int8_t* x, std::size_t ld,
                                   std::size_t count, const Group& group, const float* scales, float* totals) noexcept {
        unroll<tokens>([&](auto i) TERNION_INLINE_LAMBDA {
            if (count != i + 1) return;
            for (std::size_t r = 0; r < Kernel::registers * B::lanes; r += width * B::lanes)
                multiply<i + 1>(tile + 4 * r, steps, x, ld, group, scales + r, totals + r);
        });
    }

 private:
    template <std::size_t M>
    static TERNION_NOINLINE void multiply(const std::uint8_t* tile, std::size_t steps, const std::int8_t* x,
                                          std::size_t ld, const Group& group, const float* scales,
                                          float* totals) noexcept {
        typename Kernel::template Accumulators<M> sum;
        unroll<M * width>([&](auto i) TERNION_INLINE_LAMBDA { sum[i] = begin(group.bias[i / width]); });
        Kernel::template add<M>(tile, steps, x, ld, sum);
        unroll<M>([&](auto m) TERNION_INLINE_LAMBDA {
            const float x_scale = group.x_scales[m];
            unroll<width>([&](auto w) TERNION_INLINE_LAMBDA {
                constexpr std::size_t first = w * B::lanes;
                end(sum[m * width + w], group.bias[m], scales + first, x_scale, totals + m * Kernel::rows + first);
            });
        });
    }

    /// Whether accumulators begin with the bias; otherwise it is added at the end.
    static constexpr bool biased = requires(typename B::Wide wide) { B::to_narrow(wide); };

    static TERNION_INLINE typename B::Narrow begin([[maybe_unused]] std::int32_t bias) noexcept {
        if constexpr (biased) {
            return B::to_narrow(typename B::Wide(bias));
        } else {
            return B::narrow_zero();
        }
    }

    static TERNION_INLINE void end(typename B::Narrow sum, [[maybe_unused]] std::int32_t bias, const float* scales,
                                   float x_scale, float* totals) noexcept {
        if constexpr (requires(typename B::Floats x) { B::multiply_add(x, x, x); }) {
            const auto exact = B::template fold<0>(biased ? B::wide_zero() : typename B::Wide(bias), sum);
            const auto scale = B::multiply(B::load_floats(scales), B::splat_float(x_scale));
            B::store_floats(totals, B::multiply_add(B::to_floats(exact), scale, B::load_floats(totals)));
        } else {
            std::array<std::int32_t, B::lanes> codes;
            B::store_wide(codes.data(), B::template fold<0>(B::wide_zero(), sum));
            for (std::size_t i = 0; i < B::lanes; ++i) {
                const auto exact = static_cast<std::uint32_t>(codes[i]) + static_cast<std::uint32_t>(bias);
                const auto value = static_cast<float>(static_cast<std::int32_t>(exact));
                totals[i] = multiply_add(value, scales[i] * x_scale, totals[i]);
            }
        }
    }
};

}  // namespace TERNION_ABI
}  // namespace ternion
