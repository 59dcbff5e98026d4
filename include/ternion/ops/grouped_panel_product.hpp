#pragma once

// The product of panel packings with few tokens where weights, activations or both have a scale for each group of
// inputs along K, by the formula of grouped_product.hpp: a group's sums are dequantised and added up in registers.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "group_scales.hpp"
#include "grouped_panel_kernel.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// Such a product for some rows of W on one thread. Blocks lie on the stack.
template <class B, class P>
class GroupedPanelProduct {
 public:
    /// Whether the kernel is written for B and P.
    static constexpr bool exists =
        panels_end_with_groups<P, B> && requires(typename B::Floats x) { B::multiply_add(x, x, x); };
    /// Machines with few registers hold so few tokens at once that tiles are faster for more than these.
    static constexpr std::size_t few_tokens = B::registers > 16 ? max_inputs : 8;

    GroupedPanelProduct(const TernaryView<P>& w, const GroupScales& scales, const ActivationView& x,
                        const Results& results) noexcept
        : w_(w), scales_(scales), x_(x), results_(results), groups_(scales, x), stride_(P::panel_bytes(w.shape())) {}

    void run(RowRange rows) noexcept {
        const std::size_t block = tokens_at_once();
        for (m_ = 0; m_ < x_.m; m_ += block) {
            tokens_ = (std::min)(block, x_.m - m_);
            prepared_ = x_.k;  // no block
            prepared_inputs_ = prepared_groups / tokens_ / (block_inputs / groups_.inputs) * block_inputs;
            multiply_tokens(rows);
        }
    }

 private:
    /// Whether registers hold two panels at once, with one token and with several.
    static constexpr bool paired = PanelKernel<B, P, 1, 2>::whole;
    static constexpr bool all_paired = PanelKernel<B, P, 6, 2>::whole;
    static constexpr std::size_t most_tokens = all_paired ? 6 : 4;  // of a kernel
    static constexpr std::size_t block_tokens = 48;
    static constexpr std::size_t block_inputs = 8192;  // whose scales are at hand at once
    static constexpr std::size_t block_groups = block_inputs / 64;
    static constexpr std::size_t prepared_groups = block_tokens * block_groups;  // of activations, of all tokens

    /// As many tokens as there is room for all their groups, but no fewer than a kernel takes.
    [[nodiscard]] std::size_t tokens_at_once() const noexcept {
        const std::size_t fit = prepared_groups / ceil_div(x_.k, groups_.inputs);
        return (std::min)({block_tokens, x_.m, (std::max)(fit / most_tokens * most_tokens, most_tokens)});
    }

    void multiply_tokens(RowRange rows) noexcept {
        std::size_t row = rows.begin / P::panel_rows * P::panel_rows;
        if constexpr (paired) {
            const std::size_t half = ceil_div(rows.end - row, P::panel_rows) / 2 * P::panel_rows;
            if (all_paired || tokens_ == 1) {
                for (const std::size_t end = row + half; row < end; row += P::panel_rows)
                    multiply_panels<2>(rows, row, half);
                row += half;
            }
        }
        for (; row < rows.end; row += P::panel_rows)
            multiply_panels<1>(rows, row, 0);
    }

    /// R panels, from `row` on, `apart` rows apart.
    template <std::size_t R>
    void multiply_panels(RowRange rows, std::size_t row, std::size_t apart) noexcept {
        constexpr std::size_t some = R * P::panel_rows;
        alignas(64) float totals[block_tokens * some];
        std::fill_n(totals, tokens_ * some, -0.0f);  // to which any first addend adds up to itself
        for (std::size_t k = 0; k < x_.k; k += block_inputs) {
            const std::size_t first = k / prepared_inputs_ * prepared_inputs_;
            if (prepared_ != first) prepare(first);
            multiply_block<R>(row, apart, k, totals);
        }
        for (std::size_t r = 0; r < R; ++r)
            results_.template write<P::panel_rows, some>(m_, tokens_, row + r * apart, rows,
                                                         totals + r * P::panel_rows);
    }

    template <std::size_t R>
    void multiply_block(std::size_t row, std::size_t apart, std::size_t k, float* totals) const noexcept {
        alignas(64) float read[R * block_groups * P::panel_rows];
        const bool in_place = scales_.rows == scale_panel_rows;
        PanelScales<R> scales{{}, in_place && scales_.values.halves() != nullptr, groups_.w_shift()};
        for (std::size_t r = 0; r < R; ++r)
            scales.at[r] =
                in_place ? at(row + r * apart, k) : copied(row + r * apart, k, read + r * block_groups * P::panel_rows);
        const std::size_t inputs = (std::min)(block_inputs, x_.k - k), whole = inputs / groups_.inputs;
        const std::byte* panel = w_.data() + row / P::panel_rows * stride_ + k / P::chunk_inputs * P::chunk_bytes;
        const std::size_t stride = apart / P::panel_rows * stride_;
        const std::size_t first = (k - prepared_) / groups_.inputs;
        GroupedInputs groups{groups_.inputs / P::chunk_inputs, x_.q + m_ * x_.ld + k, x_.ld,
                             of_tokens_ + first * tokens_, tokens_};
        run_kernels<R, 64 / P::chunk_inputs>(panel, stride, whole, groups, scales, totals);
        const std::size_t left = inputs - whole * groups_.inputs;
        if (left == 0) return;
        for (std::size_t r = 0; r < R; ++r)
            scales.at[r] +=
                (whole >> groups_.w_shift()) * P::panel_rows * (scales.halves ? sizeof(Float16) : sizeof(float));
        panel += whole * groups.chunks * P::chunk_bytes;
        groups = {ceil_div(left, P::chunk_inputs), tail_.q[0], max_group_inputs, groups.groups + whole * tokens_,
                  tokens_};
        run_kernels<R, 1>(panel, stride, 1, groups, scales, totals);
    }

    /// For all tokens of the block, as many at a time as a kernel takes.
    template <std::size_t R, std::size_t Chunks>
    void run_kernels(const std::byte* panel, std::size_t stride, std::size_t count, GroupedInputs groups,
                     const PanelScales<R>& scales, float* totals) const noexcept {
        std::size_t left = tokens_;
        const auto blocks = [&]<std::size_t M>() {
            for (; left >= M; left -= M, totals += M * R * P::panel_rows) {
                GroupedPanelKernel<B, P, M, R, Chunks>::run(panel, stride, count, groups, scales, totals);
                groups.x += M * groups.ld;
                groups.groups += M;
            }
        };
        constexpr bool only = R == (all_paired ? 2 : 1);  // what most rows take; others are few
        if constexpr (only && all_paired) blocks.template operator()<6>();
        if constexpr (only) blocks.template operator()<4>();
        if constexpr (only || all_paired) blocks.template operator()<2>();
        blocks.template operator()<1>();
    }

    /// The sums and scales of the activations from input k on, and their last group if that isn't whole, padded with
    /// zeros.
    void prepare(std::size_t k) noexcept {
        prepared_ = k;
        const std::size_t inputs = (std::min)(prepared_inputs_, x_.k - k);
        GroupOfToken* to = of_tokens_;
        for (std::size_t begin = k; begin < k + inputs; begin += groups_.inputs) {
            const GroupOfTokens group(x_, groups_, m_, begin);
            for (std::size_t t = 0; t < tokens_; ++t)
                *to++ = {static_cast<std::int32_t>(0u - group.sum(t)), group.scale(t)};
        }
        const std::size_t left = inputs % groups_.inputs;
        if (left != 0) tail_.fill(x_, m_, tokens_, x_.k - left);
    }

    /// The scales of the panel that begins with `row`, from input k on, 16 for each group of weights: where they lie,
    [[nodiscard]] const std::byte* at(std::size_t row, std::size_t k) const noexcept {
        const std::size_t place = scale_place(row, k >> groups_.w_bits, scales_.groups, scale_panel_rows);
        return scales_.values.bytes() + place * scales_.values.value_bytes();
    }
    /// or copied to `read`, as floats.
    const std::byte* copied(std::size_t row, std::size_t k, float* read) const noexcept {
        const std::size_t first = k >> groups_.w_bits;
        const std::size_t next = (((std::min)(k + block_inputs, x_.k) - 1) >> groups_.w_bits) + 1;
        const std::size_t count = (std::min)(P::panel_rows, w_.rows() - row);
        for (std::size_t g = first; g < next; ++g) {
            float* to = read + (g - first) * P::panel_rows;
            std::fill_n(to, P::panel_rows, 0.0f);  // rows beyond the last have none
            read_scales<B, P::panel_rows>(w_, scales_, row, count, g, to);
        }
        return reinterpret_cast<const std::byte*>(read);
    }

    TernaryView<P> w_;
    GroupScales scales_;
    const ActivationView& x_;
    const Results& results_;
    Groups groups_;
    std::size_t stride_;
    std::size_t m_ = 0;
    std::size_t tokens_ = 0;
    std::size_t prepared_ = 0;         // the input that those which are prepared begin with
    std::size_t prepared_inputs_ = 0;  // how many there is room for
    GroupOfToken of_tokens_[prepared_groups];
    GroupTail<block_tokens> tail_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
