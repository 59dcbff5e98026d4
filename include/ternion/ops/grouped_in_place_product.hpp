#pragma once

// The product of packings that are multiplied in place with the scales among their blocks, by the formula of
// grouped_product.hpp, for few tokens and blocks that are one unit of a row (TQ1_0, TQ2_0; Q2_0 where registers have 16
// bytes).

#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../packing/in_place.hpp"
#include "../packing/packing.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "group_scales.hpp"
#include "in_place_kernel.hpp"
#include "in_place_product.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// Whether P has scales among blocks that are units of its rows.
template <class P, class B>
inline constexpr bool blocks_are_units = [] {
    if constexpr (InPlacePacking<P, B> && BlockScaledPacking<P>) {
        return P::template InPlace<B>::unit_inputs == P::group_inputs;
    } else {
        return false;
    }
}();

/// Sums for InPlaceProduct: dequantised block by block.
template <class B, class P>
class BlockSums {
 public:
    using Value = float;
    template <std::size_t M>
    using Kernel = InPlaceKernel<B, P, M>;
    static constexpr std::size_t most_tokens = 1;
    static constexpr Value zero = -0.0f;  // to which any first addend adds up to itself

    BlockSums(const GroupScales& scales, const ActivationView& x) noexcept : x_(&x), groups_(scales, x) {}

    void begin(std::size_t m, std::size_t k) noexcept {
        m_ = m;
        k_ = k;
    }
    template <std::size_t M>
    TERNION_NOINLINE void add(const InPlaceRows& w, const InPlaceRows& ahead, std::size_t first, std::size_t units,
                              const std::int8_t* x, Value* sums) const noexcept {
        static_assert(M == most_tokens);
        for (std::size_t u = 0; u < units; ++u) {
            const auto codes = Kernel<M>::unit_sums(w, ahead, u, x);
            const std::size_t k = k_ + (first + u) * P::group_inputs;
            const GroupOfTokens group(*x_, groups_, m_, k);
            const std::uint32_t bias = group.sum(0);
            const float x_scale = group.scale(0);
            for (std::size_t r = 0; r < w.size(); ++r) {
                const float scale = P::scale_of_block(w[r] + u * P::block_bytes) * x_scale;
                sums[r] = multiply_add(static_cast<float>(static_cast<std::int32_t>(codes[r] - bias)), scale, sums[r]);
            }
        }
    }

 private:
    const ActivationView* x_;
    Groups groups_;
    std::size_t m_ = 0;
    std::size_t k_ = 0;
};

}  // namespace TERNION_ABI
}  // namespace ternion
