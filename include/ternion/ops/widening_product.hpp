#pragma once

// The product of any packing with activations that aren't int8 in memory, or whose scales are grouped along K: tiles of
// some tokens and inputs are widened to int8 in the first cache, and multiplied by several sets of rows.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../packing/packing.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "kernel_path.hpp"
#include "panel_kernel.hpp"
#include "results.hpp"
#include "row_kernel.hpp"

namespace ternion {

/// Activations X[M,K] of which inputs k .. k + count - 1 of a token can be had as int8, zeros up to a multiple of 64
/// behind them; k is a multiple of 128, or of group_inputs. With group_inputs, a scale and a sum stand for each group,
/// row-major [M, K / group_inputs rounded up]. What they are is behind a function: so products are compiled once.
struct ActivationTiles {
    std::size_t m;
    std::size_t k;
    const void* held;
    void (*widen)(const ActivationTiles& x, std::size_t m, std::size_t k, std::size_t count, std::int8_t* q) noexcept;
    std::size_t group_inputs = 0;
    const float* scales = nullptr;
    const std::int32_t* sums = nullptr;
};

inline namespace TERNION_ABI {

/// For some rows of W on one thread. Without groups the sums go to `results`; with groups the float result is
///   y = s_0 + s_1 + ... + residual,  s_g = float(sum_g) * (w_scale * x_scale_g),
/// each addition after the first a multiply_add, the residual added last, and goes to `grouped`.
template <class B, Packing P>
class WideningProduct {
    static constexpr bool by_panels = [] {
        if constexpr (PanelPacking<P, B>) return 64 % P::chunk_inputs == 0;
        return false;
    }();
    static constexpr std::size_t row_unit = [] {
        if constexpr (by_panels) return P::panel_rows;
        return RowKernel<B>::rows;
    }();

 public:
    static constexpr std::size_t step = row_unit;  // of rows that belong together

    WideningProduct(const TernaryView<P>& w, const ActivationTiles& x, const Results& results,
                    const Output<float>* grouped = nullptr) noexcept
        : w_(w), x_(x), results_(results), grouped_(grouped) {}

    void run(RowRange rows) noexcept {
        for (m_ = 0; m_ < x_.m; m_ += block_tokens) {
            tokens_ = std::min(block_tokens, x_.m - m_);
            std::size_t row = rows.begin / row_unit * row_unit;
            constexpr std::size_t pair = by_panels && B::registers > 16 ? 2 : 1;
            const std::size_t whole = ceil_div(rows.end - row, row_unit) / pair * pair * row_unit + row;
            for (; row < whole; row += block_units * pair * row_unit)
                multiply_rows<pair>(row, std::min(block_units, (whole - row) / (pair * row_unit)), rows);
            row = std::min(row, whole);
            if (row < rows.end) multiply_rows<1>(row, 1, rows);
        }
    }

 private:
    static constexpr std::size_t block_tokens = 12;
    static constexpr std::size_t block_inputs = 1024;
    static constexpr std::size_t block_units = 4;  // that share a tile
    static constexpr std::size_t most_rows = 2 * row_unit;

    /// `units` times R units of rows, from `row` on.
    template <std::size_t R>
    void multiply_rows(std::size_t row, std::size_t units, RowRange rows) noexcept {
        constexpr std::size_t unit = R * row_unit;
        alignas(64) std::int8_t tile[block_tokens * block_inputs];
        alignas(64) std::int32_t sums[block_units][block_tokens * most_rows];
        alignas(64) float totals[block_units][block_tokens * most_rows];
        const std::size_t inputs = grouped_ != nullptr ? x_.group_inputs : block_inputs;
        for (std::size_t k = 0; k < x_.k; k += inputs) {
            const std::size_t count = std::min(inputs, x_.k - k);
            for (std::size_t t = 0; t < tokens_; ++t)
                x_.widen(x_, m_ + t, k, count, tile + t * block_inputs);
            for (std::size_t u = 0; u < units; ++u) {
                multiply_tile<R>(row + u * unit, k, count, tile, sums[u], grouped_ == nullptr && k != 0);
                if (grouped_ != nullptr) add_group<unit>(k / inputs, sums[u], totals[u]);
            }
        }
        for (std::size_t u = 0; u < units; ++u) {
            const std::size_t first = row + u * unit;
            grouped_ == nullptr ? results_.template write<unit>(m_, tokens_, first, rows, sums[u])
                                : write_totals<unit>(first, rows, totals[u]);
        }
    }

    /// sums[m][row] = codes · tile, or += with `add`.
    template <std::size_t R>
    void multiply_tile(std::size_t row, std::size_t k, std::size_t count, const std::int8_t* tile, std::int32_t* sums,
                       bool add) const noexcept {
        if constexpr (by_panels) {
            const std::size_t stride = P::panel_bytes(w_.shape());
            const std::byte* panel = w_.data() + row / row_unit * stride + k / P::chunk_inputs * P::chunk_bytes;
            run_panels<B, P, R>(panel, stride, ceil_div(count, P::chunk_inputs), tile, block_inputs, tokens_, sums,
                                add);
        } else {
            // What lies behind `count` codes meets zeros.
            alignas(64) std::uint8_t codes[row_unit * block_inputs];
            const std::size_t padded = round_up(count, B::bytes);
            for (std::size_t r = 0; r < row_unit; ++r) {
                std::uint8_t* to = codes + r * block_inputs;
                std::memset(to + padded - B::bytes, 0, B::bytes);
                unpack_row<B>(w_, std::min(row + r, w_.rows() - 1), k, count, to);
            }
            if (!add) std::fill_n(sums, tokens_ * row_unit, 0);
            RowKernel<B>::run(codes, block_inputs, tile, block_inputs, tokens_, padded / B::bytes, sums);
        }
    }

    /// totals += sums, dequantised by the scales of group g; the first group sets them.
    template <std::size_t Rows>
    void add_group(std::size_t g, const std::int32_t* sums, float* totals) const noexcept {
        const std::size_t groups = ceil_div(x_.k, x_.group_inputs);
        for (std::size_t t = 0; t < tokens_; ++t, sums += Rows, totals += Rows) {
            const std::size_t at = (m_ + t) * groups + g;
            const auto bias = static_cast<std::uint32_t>(x_.sums[at]);
            const float scale = w_.scale() * x_.scales[at];
            for (std::size_t r = 0; r < Rows; ++r) {
                const auto exact = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[r]) - bias);
                const float sum = static_cast<float>(exact);
                totals[r] = g == 0 ? sum * scale : multiply_add(sum, scale, totals[r]);
            }
        }
    }

    template <std::size_t Rows>
    void write_totals(std::size_t row, RowRange rows, const float* totals) const noexcept {
        const std::size_t begin = std::max(row, rows.begin), end = std::min(row + Rows, rows.end);
        for (std::size_t t = 0; t < tokens_; ++t, totals += Rows) {
            float* y = grouped_->data + (m_ + t) * grouped_->ld;
            const float* residual =
                grouped_->residual == nullptr ? nullptr : grouped_->residual + (m_ + t) * grouped_->residual_ld;
            for (std::size_t n = begin; n < end; ++n)
                y[n] = residual == nullptr ? totals[n - row] : totals[n - row] + residual[n];
        }
    }

    TernaryView<P> w_;
    const ActivationTiles& x_;
    const Results& results_;
    const Output<float>* grouped_;
    std::size_t m_ = 0;
    std::size_t tokens_ = 0;
};

}  // namespace TERNION_ABI
}  // namespace ternion
