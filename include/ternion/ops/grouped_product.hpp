#pragma once

// The product where weights, activations or both have a scale for each group of inputs along K. The integers of each
// group come from the same kernels as elsewhere, and are exact; the float result adds the groups up in ascending order:
//
//   y = s_0 + s_1 + ... + residual,  s_g = float(sum_g) * (w_scale_g * x_scale_g),
//
// each addition after the first a multiply_add, the residual added last.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../packing/packing.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "panel_product.hpp"
#include "row_product.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// The largest group of inputs that shares a scale.
inline constexpr std::size_t max_group_inputs = 256;

/// The scales of a matrix, behind a function: so the product is compiled once for each packing, wherever they lie.
struct GroupScales {
    std::size_t inputs;   // of a group, 64, 128 or 256; 0 where a row has one scale
    const void* weights;  // what `read` takes them from
    /// scales[i][r], `stride` floats apart, is the scale of row `row` + r in group `group` + i.
    void (*read)(const void* weights, std::size_t row, std::size_t rows, std::size_t group, std::size_t groups,
                 float* scales, std::size_t stride) noexcept;
};

/// The integers of groups from R neighbouring panels, decoded in registers.
template <class B, class P, std::size_t R>
class PanelGroups {
 public:
    static constexpr std::size_t rows = R * P::panel_rows;

    PanelGroups(const TernaryView<P>& w, std::size_t row, std::size_t) noexcept
        : panel_(w.data() + row / P::panel_rows * P::panel_bytes(w.shape())), stride_(P::panel_bytes(w.shape())) {}

    static void begin(std::size_t, std::size_t) noexcept {}

    /// sums[m][row] = codes · x over inputs k .. k + count - 1; x may be read up to a multiple of 64.
    void multiply(std::size_t k, std::size_t count, const std::int8_t* x, std::size_t ld, std::size_t tokens,
                  std::int32_t* sums) const noexcept {
        run_panels<B, P, R>(panel_ + k / P::chunk_inputs * P::chunk_bytes, stride_, ceil_div(count, P::chunk_inputs), x,
                            ld, tokens, sums, false);
    }

 private:
    const std::byte* panel_;
    std::size_t stride_;
};

/// The integers of groups from a few rows, unpacked to bytes.
template <class B, class P>
class RowGroups {
 public:
    static constexpr std::size_t rows = RowKernel<B>::rows;

    RowGroups(const TernaryView<P>& w, std::size_t row, std::size_t count) noexcept : w_(w), row_(row), count_(count) {}

    /// Unpacks some inputs, max_group_inputs at most, whose groups are multiplied next.
    void begin(std::size_t k, std::size_t inputs) noexcept {
        first_ = k;
        for (std::size_t r = 0; r < count_; ++r)
            unpack_row<B>(w_, row_ + r, k, inputs, codes_.data() + r * max_group_inputs);
    }

    void multiply(std::size_t k, std::size_t count, const std::int8_t* x, std::size_t ld, std::size_t tokens,
                  std::int32_t* sums) const noexcept {
        std::fill_n(sums, tokens * rows, 0);
        RowKernel<B>::run(codes_.data() + (k - first_), max_group_inputs, x, ld, tokens, ceil_div(count, B::bytes),
                          sums);
    }

 private:
    TernaryView<P> w_;
    std::size_t row_;
    std::size_t count_;
    std::size_t first_ = 0;
    alignas(64) std::array<std::uint8_t, rows * max_group_inputs> codes_{};
};

/// Whether panels can be multiplied group by group: their chunks must end where groups do.
template <class P, class B>
concept GroupedPanels = PanelPacking<P, B> && 64 % P::chunk_inputs == 0;

/// For some rows of W, on one thread. Works in blocks on the stack.
template <class B, Packing P>
class GroupedProduct {
 public:
    GroupedProduct(const TernaryView<P>& w, const GroupScales& scales, const ActivationView& x,
                   const Results& results) noexcept
        : w_(w),
          scales_(scales),
          x_(x),
          results_(results),
          w_shift_(shift_of(scales.inputs)),
          x_shift_(x.group_scales == nullptr ? whole : shift_of(x.group_inputs)),
          x_scales_(x.group_scales == nullptr ? x.scales : x.group_scales),
          x_groups_(x.group_scales == nullptr ? 1 : ceil_div(x.k, x.group_inputs)),
          group_(std::size_t{1} << std::min(w_shift_, x_shift_)) {
        TERNION_ASSERT(group_ <= max_group_inputs);
    }

    void run(RowRange rows) noexcept {
        for (m_ = 0; m_ < x_.m; m_ += block_tokens) {
            tokens_ = std::min(block_tokens, x_.m - m_);
            fill_tail();
            if constexpr (GroupedPanels<P, B>) {
                std::size_t row = rows.begin / P::panel_rows * P::panel_rows;
                if constexpr (B::registers > 16) {
                    for (; row + P::panel_rows < rows.end; row += 2 * P::panel_rows)
                        block<PanelGroups<B, P, 2>>(row, rows);
                }
                for (; row < rows.end; row += P::panel_rows)
                    block<PanelGroups<B, P, 1>>(row, rows);
            } else {
                for (std::size_t row = rows.begin; row < rows.end; row += RowGroups<B, P>::rows)
                    block<RowGroups<B, P>>(row, rows);
            }
        }
    }

 private:
    static constexpr std::size_t block_tokens = 48;
    static constexpr std::size_t block_groups = max_group_inputs / 64;  // in max_group_inputs inputs, at most

    /// Input k lies in group k >> shift.
    static constexpr int whole = 24;
    static_assert(max_inputs < std::size_t{1} << whole);
    static int shift_of(std::size_t inputs) noexcept { return inputs == 0 ? whole : std::countr_zero(inputs); }

    /// Activations of the last group, padded with zeros.
    void fill_tail() noexcept {
        tail_begin_ = (x_.k - 1) / group_ * group_;
        for (std::size_t t = 0; t < tokens_; ++t) {
            std::memset(tail_[t], 0, max_group_inputs);
            std::memcpy(tail_[t], x_.q + (m_ + t) * x_.ld + tail_begin_, x_.k - tail_begin_);
        }
    }

    template <class Groups>
    void block(std::size_t row, RowRange rows) noexcept {
        const std::size_t count = std::min(Groups::rows, w_.rows() - row);
        Groups groups(w_, row, count);
        alignas(64) std::int32_t sums[block_tokens * Groups::rows];
        alignas(64) float totals[block_tokens * Groups::rows];
        alignas(64) float scales[block_groups * Groups::rows] = {};  // the rows beyond `count` have none
        for (std::size_t begin = 0; begin < x_.k; begin += max_group_inputs) {
            const std::size_t end = std::min(begin + max_group_inputs, x_.k);
            groups.begin(begin, end - begin);
            const std::size_t first = begin >> w_shift_, next = ((end - 1) >> w_shift_) + 1;
            scales_.read(scales_.weights, row, count, first, next - first, scales, Groups::rows);
            for (std::size_t k = begin; k < end; k += group_) {
                const bool last = k == tail_begin_;
                const std::int8_t* x = last ? tail_[0] : x_.q + m_ * x_.ld + k;
                groups.multiply(k, std::min(group_, x_.k - k), x, last ? max_group_inputs : x_.ld, tokens_, sums);
                add<Groups::rows>(k, scales + ((k >> w_shift_) - first) * Groups::rows, sums, totals);
            }
        }
        results_.write<Groups::rows>(m_, tokens_, row, rows, totals);
    }

    /// totals += sums of the group that begins at input k, dequantised; the first group sets them.
    template <std::size_t Rows>
    void add(std::size_t k, const float* scales, const std::int32_t* sums, float* totals) const noexcept {
        constexpr std::size_t unit = QuantizedActivations::sum_inputs;
        const std::size_t units = ceil_div(x_.k, unit);
        const std::int32_t* x_sums = x_.group_sums + m_ * units;
        const float* x_scale = x_scales_ + m_ * x_groups_ + (k >> x_shift_);
        for (std::size_t t = 0; t < tokens_; ++t, sums += Rows, totals += Rows, x_sums += units, x_scale += x_groups_) {
            std::uint32_t bias = 0;
            for (std::size_t i = k / unit; i < std::min(units, (k + group_) / unit); ++i)
                bias += static_cast<std::uint32_t>(x_sums[i]);
            for (std::size_t r = 0; r < Rows; ++r) {
                const auto exact = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[r]) - bias);
                const float scale = scales[r] * *x_scale;
                const float sum = static_cast<float>(exact);
                totals[r] = k == 0 ? sum * scale : multiply_add(sum, scale, totals[r]);
            }
        }
    }

    TernaryView<P> w_;
    const GroupScales& scales_;
    const ActivationView& x_;
    const Results& results_;
    int w_shift_;
    int x_shift_;
    const float* x_scales_;
    std::size_t x_groups_;  // of a token
    std::size_t group_;     // inputs that are multiplied at once
    std::size_t m_ = 0;
    std::size_t tokens_ = 0;
    std::size_t tail_begin_ = 0;
    alignas(64) std::int8_t tail_[block_tokens][max_group_inputs];
};

}  // namespace TERNION_ABI
}  // namespace ternion
