#pragma once

// Multiplication by weights whose scales are grouped along K. The integers of each group come from the same kernels as
// elsewhere, and are exact; the float result adds the groups up in ascending order:
//
//   y = s_0 + s_1 + ...,  s_g = float(sum_g) * (w_scale_g * x_scale),  each addition a multiply_add

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "../core/config.hpp"
#include "../tensor/scales.hpp"
#include "epilogue.hpp"
#include "multiply.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// The largest group of inputs that shares a scale.
inline constexpr std::size_t max_group_inputs = 256;

/// The integers of groups from R neighbouring panels, decoded in registers.
template <class B, class P, std::size_t R>
class PanelGroups {
 public:
    static constexpr std::size_t rows = R * P::panel_rows;

    PanelGroups(const TernaryView<P>& w, std::size_t row, std::size_t) noexcept
        : panel_(w.data() + row / P::panel_rows * P::panel_bytes(w.shape())), stride_(P::panel_bytes(w.shape())) {}

    static void open(std::size_t, std::size_t) noexcept {}

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

    /// Unpacks the inputs of some groups, max_group_inputs at most.
    void open(std::size_t k, std::size_t inputs) noexcept {
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

/// One multiplication with grouped scales, for some rows of W, on one thread. Works in blocks on the stack.
template <class B, class P, class Scales, ResultType Out>
class GroupedMultiply {
 public:
    static constexpr std::size_t block_tokens = 48;

    GroupedMultiply(const ScaledView<P, Scales>& w, const ActivationView& x, const Output<Out>& out) noexcept
        : w_(w), x_(x), out_(out), group_(w.group_inputs()), groups_(w.groups()) {}

    void run(RowRange rows) noexcept {
        for (std::size_t m = 0; m < x_.m; m += block_tokens) {
            m_ = m;
            tokens_ = std::min(block_tokens, x_.m - m);
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
    /// Activations of the last group, padded with zeros.
    void fill_tail() noexcept {
        const std::size_t from = (groups_ - 1) * group_;
        for (std::size_t t = 0; t < tokens_; ++t) {
            std::memset(tail_[t], 0, max_group_inputs);
            std::memcpy(tail_[t], x_.q + (m_ + t) * x_.ld + from, x_.k - from);
        }
    }

    template <class Groups>
    void block(std::size_t row, RowRange rows) noexcept {
        const std::size_t count = std::min(Groups::rows, w_.rows() - row);
        Groups groups(w_.trits(), row, count);
        alignas(64) std::int32_t sums[block_tokens * Groups::rows];
        alignas(64) float totals[block_tokens * Groups::rows];
        for (std::size_t g = 0; g < groups_; ++g) {
            const std::size_t k = g * group_;
            if (k % max_group_inputs == 0) groups.open(k, std::min(max_group_inputs, x_.k - k));
            const bool last = g + 1 == groups_;
            const std::int8_t* x = last ? tail_[0] : x_.q + m_ * x_.ld + k;
            groups.multiply(k, std::min(group_, x_.k - k), x, last ? max_group_inputs : x_.ld, tokens_, sums);
            add<Groups::rows>(row, count, g, sums, totals);
        }
        write<Groups::rows>(row, rows, totals);
    }

    /// totals += sums, dequantised by the scales of group g; the first group sets them.
    template <std::size_t Rows>
    void add(std::size_t row, std::size_t count, std::size_t g, const std::int32_t* sums,
             float* totals) const noexcept {
        std::array<float, Rows> scales{};
        for (std::size_t r = 0; r < count; ++r)
            scales[r] = w_.scale(row + r, g);
        for (std::size_t t = 0; t < tokens_; ++t, sums += Rows, totals += Rows) {
            const std::uint32_t bias = sum_of_activations(m_ + t, g);
            const float x_scale = x_.scales[m_ + t];
            for (std::size_t r = 0; r < Rows; ++r) {
                const auto exact = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[r]) - bias);
                const float scale = scales[r] * x_scale;
                const float sum = static_cast<float>(exact);
                totals[r] = g == 0 ? sum * scale : multiply_add(sum, scale, totals[r]);
            }
        }
    }

    [[nodiscard]] std::uint32_t sum_of_activations(std::size_t m, std::size_t g) const noexcept {
        constexpr std::size_t unit = QuantizedActivations::group_inputs;
        const std::size_t units = ceil_div(x_.k, unit);
        const std::size_t end = std::min(units, (g + 1) * (group_ / unit));
        std::uint32_t sum = 0;
        for (std::size_t i = g * (group_ / unit); i < end; ++i)
            sum += static_cast<std::uint32_t>(x_.group_sums[m * units + i]);
        return sum;
    }

    template <std::size_t Rows>
    void write(std::size_t row, RowRange rows, const float* totals) const noexcept {
        const std::size_t begin = std::max(row, rows.begin);
        const std::size_t end = std::min(row + Rows, rows.end);
        for (std::size_t t = 0; t < tokens_; ++t, totals += Rows) {
            Out* y = out_.data + (m_ + t) * out_.ld;
            const float* residual = out_.residual == nullptr ? nullptr : out_.residual + (m_ + t) * out_.residual_ld;
            for (std::size_t n = begin; n < end; ++n) {
                const float total = totals[n - row];
                y[n] = static_cast<Out>(residual == nullptr ? total : total + residual[n]);
            }
        }
    }

    const ScaledView<P, Scales>& w_;
    const ActivationView& x_;
    const Output<Out>& out_;
    std::size_t group_;
    std::size_t groups_;
    std::size_t m_ = 0;
    std::size_t tokens_ = 0;
    alignas(64) std::int8_t tail_[block_tokens][max_group_inputs];
};

/// Whether multiplying by this matrix takes the sums of groups of activations.
template <Packing P, class Scales>
bool needs_group_sums(const ScaledView<P, Scales>& w) noexcept {
    if constexpr (std::is_same_v<Scales, ScaleTable>) return w.scales().inputs != 0;
    return true;
}
template <Packing P>
bool needs_group_sums(const TernaryView<P>&) noexcept {
    return false;
}

/// Y[M,N] = X[M,K] · W[N,K]ᵀ as above, with a scale for each row or group. int32 results are the exact sums, which no
/// scale plays a part in. A scale for each row: float(sum) * (w_scale_n * x_scale). For each group: the formula at the
/// head of this file, residual added last; x.group_sums is a precondition then. Results don't depend on packing,
/// executor or batch in any bit.
template <class Arch = default_arch, Packing P, class Scales, ResultType Out, class E = Serial>
void multiply(const ScaledView<P, Scales>& w, const ActivationView& x, RowRange rows, const Output<Out>& out,
              E&& executor = {}) {
    using B = backend_of<Arch>;
    if constexpr (std::same_as<Out, std::int32_t>) {
        multiply<Arch>(w.trits(), x, rows, out, executor);
    } else {
        if constexpr (std::is_same_v<Scales, ScaleTable>) {
            if (w.scales().inputs == 0) {
                Output<Out> scaled = out;
                scaled.row_scales = w.scales().values;
                return multiply<Arch>(w.trits(), x, rows, scaled, executor);
            }
        }
        TERNION_ASSERT(x.k == w.cols() && x.ld >= x.k);
        TERNION_ASSERT(x.m == 0 || (x.group_sums != nullptr && x.scales != nullptr));
        TERNION_ASSERT(rows.begin <= rows.end && rows.end <= w.rows() && out.ld >= rows.end);
        constexpr std::size_t step = GroupedPanels<P, B> ? 16 : RowKernel<B>::rows;
        split_rows(rows, step, executor,
                   [&](RowRange part) { GroupedMultiply<B, P, Scales, Out>(w, x, out).run(part); });
    }
}

/// The same for activations as a quantizer leaves them.
template <class Arch = default_arch, Packing P, class Scales, ResultType Out, class E = Serial>
void multiply(const ScaledView<P, Scales>& w, const QuantizedActivations& x, RowRange rows, const Output<Out>& out,
              E&& executor = {}) {
    multiply<Arch>(w, x.view(), rows, out, executor);
}

}  // namespace TERNION_ABI
}  // namespace ternion
