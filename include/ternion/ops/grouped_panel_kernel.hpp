#pragma once

// The kernel of panel packings for few tokens (panel_kernel.hpp) where weights, activations or both have a scale for
// each group of inputs along K: a group's sums are dequantised in the registers that they were added up in.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/float16.hpp"
#include "../core/unroll.hpp"
#include "group_scales.hpp"
#include "panel_kernel.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// What a product knows of a group of one token: the sum of its activations, negative, and their scale.
struct GroupOfToken {
    std::int32_t bias;
    float scale;
};

/// Some groups of some tokens' activations: row m begins at x + m * ld, and group g of token m is number g * step + m.
struct GroupedInputs {
    std::size_t chunks;  // of a group
    const std::int8_t* x;
    std::size_t ld;
    const GroupOfToken* groups;
    std::size_t step;
};

/// The scales of R panels, those of 16 rows for each group of weights, from some group on; all of them float16 or all
/// floats. `shift` says how many groups of the product share one, as a power of two.
template <std::size_t R>
struct PanelScales {
    std::array<const std::byte*, R> at;
    bool halves;
    int shift;
};

/// The product of groups of R panels with M tokens, some chunks at once, of which a group has a multiple.
template <class B, class P, std::size_t M, std::size_t R, std::size_t Chunks>
struct GroupedPanelKernel {
    using Kernel = PanelKernel<B, P, M, R>;
    static constexpr std::size_t rows = Kernel::rows;
    static constexpr std::size_t parts = Kernel::parts;
    static_assert(Kernel::whole && Kernel::fold_chunks >= Chunks);
    /// Scales are streams of their own beside the codes, too thin for the hardware to fetch ahead in time.
    static constexpr std::size_t prefetched_scales = 512;  // bytes ahead

    /// totals[m][row] += sums of `count` groups, dequantised, for panels that lie `stride` bytes apart.
    static TERNION_NOINLINE void run(const std::byte* panel, std::size_t stride, std::size_t count,
                                     const GroupedInputs& groups, const PanelScales<R>& scales,
                                     float* totals) noexcept {
        auto panels = Kernel::Panels::at(panel, stride);
        const std::int8_t* x = groups.x;
        Totals total(totals);
        for (std::size_t g = 0; g < count; ++g) {
            const Sums exact = sums_of_group(panels, x, g, groups);
            const RowScales of_rows = scales_of_rows(scales, g >> scales.shift);
            unroll<M>([&](auto m) TERNION_INLINE_LAMBDA {
                const auto x_scale = B::splat_float(groups.groups[g * groups.step + m].scale);
                unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA {
                    const auto scale = B::multiply(of_rows[row], x_scale);
                    total.template add<m * rows + row>(B::to_floats(exact[m * rows + row]), scale);
                });
            });
        }
        total.store();
    }

 private:
    using Sums = std::array<typename B::Wide, M * rows>;
    using RowScales = std::array<typename B::Floats, rows>;

    /// Whether accumulators begin with the bias; otherwise it is added at the end.
    static constexpr bool biased = requires(typename B::Wide wide) { B::to_narrow(wide); };
    /// Whether an accumulator takes a whole group; otherwise it is folded after every `Chunks`.
    static constexpr bool folds_once = Kernel::fold_chunks >= max_group_inputs / P::chunk_inputs;
    static_assert(folds_once || !biased);

    /// The totals, in registers where there are some left beside the accumulators.
    class Totals {
     public:
        TERNION_INLINE explicit Totals(float* memory) noexcept : memory_(memory) {
            if constexpr (held) unroll<M * rows>([&](auto i) TERNION_INLINE_LAMBDA { held_[i] = load(i); });
        }
        template <std::size_t I>
        TERNION_INLINE void add(typename B::Floats sum, typename B::Floats scale) noexcept {
            if constexpr (held) {
                held_[I] = B::multiply_add(sum, scale, held_[I]);
            } else {
                B::store_floats(memory_ + I * B::lanes, B::multiply_add(sum, scale, load(I)));
            }
        }
        TERNION_INLINE void store() noexcept {
            if constexpr (held)
                unroll<M * rows>([&](auto i)
                                     TERNION_INLINE_LAMBDA { B::store_floats(memory_ + i * B::lanes, held_[i]); });
        }

     private:
        static constexpr bool held = M * rows * (Kernel::places + 1) + 2 * rows + 3 <= B::registers;
        [[nodiscard]] TERNION_INLINE typename B::Floats load(std::size_t i) const noexcept {
            return B::load_floats(memory_ + i * B::lanes);
        }

        float* memory_;
        std::array<typename B::Floats, held ? M * rows : 1> held_;
    };

    template <class Value>
    static TERNION_INLINE RowScales read_scales_of_rows(const PanelScales<R>& scales, std::size_t group) noexcept {
        constexpr std::size_t bytes = P::panel_rows * sizeof(Value);
        RowScales of_rows;
        unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA {
            const std::byte* at = scales.at[row / parts] + group * bytes;
            if constexpr (row % parts == 0) B::prefetch(at + prefetched_scales);
            of_rows[row] = load_scales<B>(reinterpret_cast<const Value*>(at) + row % parts * B::lanes);
        });
        return of_rows;
    }
    static TERNION_INLINE RowScales scales_of_rows(const PanelScales<R>& scales, std::size_t group) noexcept {
        return scales.halves ? read_scales_of_rows<Float16>(scales, group) : read_scales_of_rows<float>(scales, group);
    }

    /// The sums of group g less what codes hold too often.
    static TERNION_INLINE Sums sums_of_group(typename Kernel::Panels& panels, const std::int8_t*& x, std::size_t g,
                                             const GroupedInputs& groups) noexcept {
        std::array<typename B::Wide, M> bias;
        unroll<M>([&](auto m)
                      TERNION_INLINE_LAMBDA { bias[m] = typename B::Wide(groups.groups[g * groups.step + m].bias); });
        Sums exact;
        unroll<M * rows>([&](auto i) TERNION_INLINE_LAMBDA { exact[i] = biased ? B::wide_zero() : bias[i / rows]; });
        std::size_t left = groups.chunks;
        do {
            typename Kernel::Accumulators sum;
            unroll<sum.size()>([&](auto i) TERNION_INLINE_LAMBDA { sum[i] = B::narrow_zero(); });
            if constexpr (biased) {
                unroll<M * rows>([&](auto i) TERNION_INLINE_LAMBDA {
                    sum[Kernel::index(0, i / rows, i % rows, 0)] = B::to_narrow(bias[i / rows]);
                });
            }
            do {
                unroll<Chunks>([&](auto c)
                                   TERNION_INLINE_LAMBDA { Kernel::template add_chunk<0>(panels, c, x, groups.ld, sum); });
                panels = panels.from(Chunks * P::chunk_bytes);  // pointers that move, or GCC keeps two sets of them
                x += Chunks * P::chunk_inputs;
                left -= Chunks;
            } while (folds_once && left != 0);
            unroll<M * rows>([&](auto i) TERNION_INLINE_LAMBDA {
                unroll<Kernel::places>([&](auto place) TERNION_INLINE_LAMBDA {
                    const auto& part = sum[Kernel::index(0, i / rows, i % rows, place)];
                    exact[i] = B::template fold<static_cast<int>(2 * place)>(exact[i], part);
                });
            });
        } while (left != 0);
        return exact;
    }
};

}  // namespace TERNION_ABI
}  // namespace ternion
