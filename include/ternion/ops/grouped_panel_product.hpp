#pragma once

// The product of panel packings with few tokens where weights, activations or both have a scale for each group of
// inputs along K, by the formula of grouped_product.hpp: a group's sums are dequantised and added up in registers.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../core/unroll.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "group_scales.hpp"
#include "panel_kernel.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// What a kernel knows of some groups of one token: for group g the sum of its activations and their scale.
struct GroupedInputs {
    std::size_t chunks;  // of a group
    const std::int32_t* sums;
    const float* scales;
};

/// The product of groups of R panels with one token.
template <class B, class P, std::size_t R>
struct GroupedPanelKernel {
    using Kernel = PanelKernel<B, P, 1, R>;
    static constexpr std::size_t rows = Kernel::rows;
    static constexpr std::size_t parts = Kernel::parts;
    static constexpr std::size_t unrolled = 4;  // chunks: a group of 64 inputs
    static_assert(Kernel::whole && Kernel::fold_chunks >= unrolled);
    /// Scales are streams of their own beside the codes, too thin for the hardware to fetch ahead in time.
    static constexpr std::size_t prefetched_scales = 512;  // bytes ahead
    using Sums = std::array<typename B::Wide, rows>;

    /// totals[row] += sums of `count` groups, dequantised, for panels that lie `stride` bytes apart. The scales of
    /// panel r and group g are the 16 at scales[r] + 16 * (g >> shift).
    static TERNION_NOINLINE void run(const std::byte* panel, std::size_t stride, std::size_t count,
                                     const GroupedInputs& groups, const std::int8_t* x,
                                     const std::array<const float*, R>& scales, int shift, float* totals) noexcept {
        const auto panels = Kernel::Panels::at(panel, stride);
        std::array<typename B::Floats, rows> total;
        unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA { total[row] = B::load_floats(totals + row * B::lanes); });
        for (std::size_t g = 0; g < count; ++g) {
            const auto bias = static_cast<std::int32_t>(0u - static_cast<std::uint32_t>(groups.sums[g]));
            const Sums exact = groups.chunks == unrolled  // a constant, so no loop
                                   ? sums_of_group(panels, unrolled * g, unrolled, x, bias)
                                   : sums_of_group(panels, groups.chunks * g, groups.chunks, x, bias);
            const auto x_scale = B::splat_float(groups.scales[g]);
            unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA {
                const float* of_row = scales[row / parts] + (g >> shift) * P::panel_rows + row % parts * B::lanes;
                if constexpr (row % parts == 0)
                    B::prefetch(reinterpret_cast<const std::byte*>(of_row) + prefetched_scales);
                const auto scale = B::multiply(B::load_floats(of_row), x_scale);
                total[row] = B::multiply_add(B::to_floats(exact[row]), scale, total[row]);
            });
        }
        unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA { B::store_floats(totals + row * B::lanes, total[row]); });
    }

 private:
    /// Whether accumulators begin with the bias; otherwise it is added at the end.
    static constexpr bool biased = requires(typename B::Wide wide) { B::to_narrow(wide); };
    static constexpr bool folds_once = Kernel::fold_chunks >= max_group_inputs / P::chunk_inputs;
    static_assert(folds_once || !biased);

    /// bias + codes · x of the group that begins with chunk c.
    static TERNION_INLINE Sums sums_of_group(const typename Kernel::Panels& panels, std::size_t c, std::size_t chunks,
                                             const std::int8_t* x, std::int32_t bias) noexcept {
        Sums exact;
        exact.fill(biased ? B::wide_zero() : typename B::Wide(bias));
        std::size_t done = 0;
        do {  // what follows the first turn is only for machines that add in 16 bits
            const std::size_t end = done + (std::min)(chunks - done, Kernel::fold_chunks);
            typename Kernel::Accumulators sum;
            unroll<sum.size()>([&](auto i) TERNION_INLINE_LAMBDA { sum[i] = B::narrow_zero(); });
            if constexpr (biased) {
                unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA {
                    auto& lowest = sum[Kernel::index(0, 0, row, 0)];
                    lowest = B::to_narrow(typename B::Wide(bias));
                });
            }
            for (; done + unrolled <= end; done += unrolled) {
                unroll<unrolled>([&](auto u) TERNION_INLINE_LAMBDA {
                    const std::size_t chunk = c + done + u;
                    Kernel::template add_chunk<0>(panels, chunk, x, 0, sum);
                });
            }
            for (; done < end; ++done)
                Kernel::template add_chunk<0>(panels, c + done, x, 0, sum);
            unroll<rows>([&](auto row) TERNION_INLINE_LAMBDA {
                unroll<Kernel::places>([&](auto place) TERNION_INLINE_LAMBDA {
                    exact[row] =
                        B::template fold<static_cast<int>(2 * place)>(exact[row], sum[Kernel::index(0, 0, row, place)]);
                });
            });
        } while (!folds_once && done < chunks);
        return exact;
    }
};

/// Such a product for some rows of W on one thread, token after token. Blocks lie on the stack.
template <class B, class P>
class GroupedPanelProduct {
 public:
    /// Whether the kernel is written for B and P.
    static constexpr bool exists =
        panels_end_with_groups<P, B> && requires(typename B::Floats x) { B::multiply_add(x, x, x); };
    /// More tokens share what is decoded.
    static constexpr std::size_t few_tokens = B::registers > 16 ? 1 : 3;

    GroupedPanelProduct(const TernaryView<P>& w, const GroupScales& scales, const ActivationView& x,
                        const Results& results) noexcept
        : w_(w), scales_(scales), x_(x), results_(results), groups_(scales, x), stride_(P::panel_bytes(w.shape())) {}

    void run(RowRange rows) noexcept {
        const std::size_t first = rows.begin / P::panel_rows * P::panel_rows;
        const std::size_t half = paired ? ceil_div(rows.end - first, P::panel_rows) / 2 * P::panel_rows : 0;
        for (m_ = 0; m_ < x_.m; ++m_) {
            prepared_ = x_.k;  // no block
            std::size_t row = first;
            if constexpr (paired) {
                for (; row < first + half; row += P::panel_rows)
                    multiply_panels<2>(rows, row, half);
                row += half;
            }
            for (; row < rows.end; row += P::panel_rows)
                multiply_panels<1>(rows, row, 0);
        }
    }

 private:
    static constexpr bool paired = PanelKernel<B, P, 1, 2>::whole;
    static constexpr std::size_t block_inputs = 8192;  // whose scales are at hand at once
    static constexpr std::size_t block_groups = block_inputs / 64;
    static constexpr std::size_t prepared_inputs = 4 * block_inputs;  // whose activations are
    static constexpr std::size_t prepared_groups = prepared_inputs / 64;

    /// R panels, from `row` on, `apart` rows apart.
    template <std::size_t R>
    void multiply_panels(RowRange rows, std::size_t row, std::size_t apart) noexcept {
        alignas(64) float totals[R * P::panel_rows];
        std::fill_n(totals, R * P::panel_rows, -0.0f);  // to which any first addend adds up to itself
        for (std::size_t k = 0; k < x_.k; k += block_inputs) {
            if (prepared_ != k / prepared_inputs * prepared_inputs) prepare(k / prepared_inputs * prepared_inputs);
            multiply_block<R>(row, apart, k, totals);
        }
        for (std::size_t r = 0; r < R; ++r)
            results_.template write<P::panel_rows>(m_, 1, row + r * apart, rows, totals + r * P::panel_rows);
    }

    template <std::size_t R>
    void multiply_block(std::size_t row, std::size_t apart, std::size_t k, float* totals) const noexcept {
        alignas(64) float read[R * block_groups * P::panel_rows];
        std::array<const float*, R> scales;
        for (std::size_t r = 0; r < R; ++r)
            scales[r] = scales_of(row + r * apart, k, read + r * block_groups * P::panel_rows);
        const std::size_t inputs = (std::min)(block_inputs, x_.k - k), whole = inputs / groups_.inputs;
        const std::byte* panel = w_.data() + row / P::panel_rows * stride_ + k / P::chunk_inputs * P::chunk_bytes;
        const std::size_t stride = apart / P::panel_rows * stride_;
        const std::size_t first = (k - prepared_) / groups_.inputs;
        GroupedInputs groups{groups_.inputs / P::chunk_inputs, sums_ + first, x_scales_ + first};
        using Kernel = GroupedPanelKernel<B, P, R>;
        Kernel::run(panel, stride, whole, groups, x_.q + m_ * x_.ld + k, scales, groups_.w_shift(), totals);
        const std::size_t left = inputs - whole * groups_.inputs;
        if (left == 0) return;
        for (std::size_t r = 0; r < R; ++r)
            scales[r] += (whole >> groups_.w_shift()) * P::panel_rows;
        panel += whole * groups.chunks * P::chunk_bytes;
        groups = {ceil_div(left, P::chunk_inputs), groups.sums + whole, groups.scales + whole};
        Kernel::run(panel, stride, 1, groups, tail_.q[0], scales, groups_.w_shift(), totals);
    }

    /// The sums and scales of the activations from input k on, and their last group if that isn't whole, padded with
    /// zeros.
    void prepare(std::size_t k) noexcept {
        prepared_ = k;
        const std::size_t inputs = (std::min)(prepared_inputs, x_.k - k), count = ceil_div(inputs, groups_.inputs);
        for (std::size_t g = 0; g < count; ++g) {
            const GroupOfTokens group(x_, groups_, m_, k + g * groups_.inputs);
            sums_[g] = static_cast<std::int32_t>(group.sum(0));
            x_scales_[g] = group.scale(0);
        }
        const std::size_t left = inputs % groups_.inputs;
        if (left != 0) tail_.fill(x_, m_, 1, x_.k - left);
    }

    /// The scales of the panel that begins with `row`, from input k on, 16 for each group of weights: where they lie,
    /// or copied to `read`.
    const float* scales_of(std::size_t row, std::size_t k, float* read) const noexcept {
        const std::size_t first = k >> groups_.w_bits;
        if (scales_.rows == scale_panel_rows) {
            return scales_.values + scale_place(row, first, scales_.groups, scale_panel_rows);
        }
        const std::size_t next = (((std::min)(k + block_inputs, x_.k) - 1) >> groups_.w_bits) + 1;
        const std::size_t count = (std::min)(P::panel_rows, w_.rows() - row);
        for (std::size_t g = first; g < next; ++g) {
            float* to = read + (g - first) * P::panel_rows;
            std::fill_n(to, P::panel_rows, 0.0f);  // rows beyond the last have none
            read_scales<B, P::panel_rows>(w_, scales_, row, count, g, to);
        }
        return read;
    }

    TernaryView<P> w_;
    GroupScales scales_;
    const ActivationView& x_;
    const Results& results_;
    Groups groups_;
    std::size_t stride_;
    std::size_t m_ = 0;
    std::size_t prepared_ = 0;
    std::int32_t sums_[prepared_groups];
    float x_scales_[prepared_groups];
    GroupTail<1> tail_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
