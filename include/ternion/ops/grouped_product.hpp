#pragma once

// The product where weights, activations or both have a scale for each group of inputs along K. The integers of each
// group come from the same kernels as elsewhere, and are exact; the float result adds the groups up in ascending order:
//
//   y = s_0 + s_1 + ... + residual,  s_g = float(sum_g) * (w_scale_g * x_scale_g),
//
// each addition after the first a multiply_add, the residual added last.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../packing/packing.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "group_scales.hpp"
#include "panel_product.hpp"
#include "row_product.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// For some rows of W, on one thread. Works in blocks on the stack.
template <class B, Packing P>
class GroupedProduct {
    /// Whether codes are decoded in registers; otherwise a few rows are unpacked to bytes first.
    static constexpr bool by_panels = panels_end_with_groups<P, B>;
    static constexpr std::size_t unit_rows = [] {
        if constexpr (by_panels) return P::panel_rows;
        return RowKernel<B>::rows;
    }();

 public:
    GroupedProduct(const TernaryView<P>& w, const GroupScales& scales, const ActivationView& x,
                   const Results& results) noexcept
        : w_(w), scales_(scales), x_(x), results_(results), groups_(scales, x), tail_begin_(groups_.last_begin(x.k)) {
        TERNION_ASSERT(scales.rows == 1 || scales.rows == scale_panel_rows);
    }

    void run(RowRange rows) noexcept {
        for (m_ = 0; m_ < x_.m; m_ += block_tokens) {
            tokens_ = (std::min)(block_tokens, x_.m - m_);
            tail_.fill(x_, m_, tokens_, tail_begin_);
            std::size_t row = rows.begin / unit_rows * unit_rows;
            if constexpr (by_panels && B::registers > 16) {
                for (; row + unit_rows < rows.end; row += 2 * unit_rows)
                    multiply_rows<2>(row, rows);
            }
            for (; row < rows.end; row += unit_rows)
                multiply_rows<1>(row, rows);
        }
    }

 private:
    static constexpr std::size_t block_tokens = 48;
    static constexpr std::size_t block_groups = max_group_inputs / 64;  // in max_group_inputs inputs, at most

    /// R units of rows, from `row` on.
    template <std::size_t R>
    void multiply_rows(std::size_t row, RowRange rows) noexcept {
        constexpr std::size_t some = R * unit_rows;
        const std::size_t count = (std::min)(some, w_.rows() - row);
        alignas(64) std::int32_t sums[block_tokens * some];
        alignas(64) float totals[block_tokens * some];
        alignas(64) float scales[block_groups * some] = {};  // rows beyond the last have none
        for (std::size_t begin = 0; begin < x_.k; begin += max_group_inputs) {
            const std::size_t end = (std::min)(begin + max_group_inputs, x_.k);
            const std::size_t first = begin >> groups_.w_bits, next = ((end - 1) >> groups_.w_bits) + 1;
            unpack(row, count, begin, end - begin);
            for (std::size_t group = first; group < next && (begin == 0 || groups_.w_bits != Groups::whole); ++group)
                read_scales<B, unit_rows>(w_, scales_, row, count, group, scales + (group - first) * some);
            for (std::size_t k = begin; k < end; k += groups_.inputs) {
                multiply_group<R>(row, k, sums);
                add<some>(k, scales + ((k >> groups_.w_bits) - first) * some, sums, totals);
            }
        }
        results_.write<some>(m_, tokens_, row, rows, totals);
    }

    void unpack([[maybe_unused]] std::size_t row, [[maybe_unused]] std::size_t count, [[maybe_unused]] std::size_t k,
                [[maybe_unused]] std::size_t inputs) noexcept {
        if constexpr (!by_panels) {
            for (std::size_t r = 0; r < count; ++r)
                unpack_row<B>(w_, row + r, k, inputs, codes_[r]);
        }
    }

    /// sums[m][row] = codes · x over the group that begins at input k.
    template <std::size_t R>
    void multiply_group(std::size_t row, std::size_t k, std::int32_t* sums) const noexcept {
        const bool last = k == tail_begin_;
        const std::int8_t* x = last ? tail_.q[0] : x_.q + m_ * x_.ld + k;
        const std::size_t ld = last ? max_group_inputs : x_.ld;
        const std::size_t count = (std::min)(groups_.inputs, x_.k - k);
        if constexpr (by_panels) {
            const std::size_t stride = P::panel_bytes(w_.shape());
            const std::byte* panel = w_.data() + row / unit_rows * stride + k / P::chunk_inputs * P::chunk_bytes;
            run_panels<B, P, R>(panel, stride, ceil_div(count, P::chunk_inputs), x, ld, tokens_, sums, false);
        } else {
            std::fill_n(sums, tokens_ * unit_rows, 0);
            RowKernel<B>::run(codes_[0] + k % max_group_inputs, max_group_inputs, x, ld, tokens_,
                              ceil_div(count, B::bytes), sums);
        }
    }

    /// totals += sums of the group that begins at input k, dequantised; the first group sets them.
    template <std::size_t Rows>
    void add(std::size_t k, const float* __restrict scales, const std::int32_t* __restrict sums,
             float* __restrict totals) const noexcept {
        const GroupOfTokens group(x_, groups_, m_, k);
        for (std::size_t t = 0; t < tokens_; ++t, sums += Rows, totals += Rows) {
            const float x_scale = group.scale(t);
            const std::uint32_t bias = group.sum(t);
            for (std::size_t r = 0; r < Rows; ++r) {
                const auto exact = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[r]) - bias);
                const float scale = scales[r] * x_scale;
                const float sum = static_cast<float>(exact);
                totals[r] = k == 0 ? sum * scale : multiply_add(sum, scale, totals[r]);
            }
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
    alignas(64) std::uint8_t codes_[by_panels ? 1 : unit_rows][max_group_inputs] = {};  // of rows that are unpacked
};

}  // namespace TERNION_ABI
}  // namespace ternion
