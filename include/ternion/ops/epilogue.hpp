#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "../core/config.hpp"
#include "../core/float16.hpp"
#include "../tensor/activations.hpp"

namespace ternion {

/// A range of rows of W, and so of columns of Y: begin .. end - 1.
struct RowRange {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// A result type that operations can write: int32 (the exact sums) or a float, dequantised.
template <class T>
concept ResultType =
    std::same_as<T, std::int32_t> || std::same_as<T, float> || std::same_as<T, Float16> || std::same_as<T, BFloat16>;

/// Where results go and what happens to them on the way, fused into the multiplication: y[m][n] at data + m * ld + n.
/// For int32 it is the sum alone. Otherwise
///   y = float(sum) * (w_scale * x_scale) + residual
/// where w_scale belongs to the matrix, or is row_scales[n] if given, x_scale belongs to the token, and residual[m][n],
/// if given, is added last; it may be the output itself (float only). float16 and bfloat16 are rounded to nearest even
/// at the end.
template <ResultType Out>
struct Output {
    Out* data;
    std::size_t ld;
    const float* residual = nullptr;
    std::size_t residual_ld = 0;
    const float* row_scales = nullptr;  // one for each row of W, in place of its own
};

inline namespace TERNION_ABI {

/// a * b + c: rounded once where the machine does it in one instruction, twice elsewhere. Left to the compiler, the
/// choice could differ between two inlined copies, and so between numbers of threads.
TERNION_INLINE float multiply_add(float a, float b, float c) noexcept {
#if defined(__FP_FAST_FMAF) || defined(__FMA__) || defined(__aarch64__)
    return std::fma(a, b, c);
#else
    return a * b + c;
#endif
}

/// Writes results n .. n + count - 1 of token m. `sums` are those of codes trit + 1, `bias` is the sum of the
/// activations, which they hold too often: it is subtracted in integers, modulo 2^32, where it is exact.
template <ResultType Out>
TERNION_INLINE void write_results(const Output<Out>& out, float w_scale, const ActivationView& x, std::size_t m,
                                  std::size_t n, const std::int32_t* sums, std::size_t count) noexcept {
    Out* y = out.data + m * out.ld + n;
    const auto bias = static_cast<std::uint32_t>(x.sums[m]);
    const auto exact = [&](std::size_t i) TERNION_INLINE_LAMBDA {
        return static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[i]) - bias);
    };
    if constexpr (std::same_as<Out, std::int32_t>) {
        for (std::size_t i = 0; i < count; ++i)
            y[i] = exact(i);
    } else if (out.row_scales != nullptr) {
        const float* residual = out.residual == nullptr ? nullptr : out.residual + m * out.residual_ld + n;
        for (std::size_t i = 0; i < count; ++i) {
            const float scale = out.row_scales[n + i] * x.scales[m];
            const auto sum = static_cast<float>(exact(i));
            y[i] = static_cast<Out>(residual == nullptr ? sum * scale : multiply_add(sum, scale, residual[i]));
        }
    } else {
        const float scale = w_scale * x.scales[m];
        if (out.residual == nullptr) {
            for (std::size_t i = 0; i < count; ++i)
                y[i] = static_cast<Out>(static_cast<float>(exact(i)) * scale);
        } else {
            const float* residual = out.residual + m * out.residual_ld + n;
            for (std::size_t i = 0; i < count; ++i) {
                y[i] = static_cast<Out>(multiply_add(static_cast<float>(exact(i)), scale, residual[i]));
            }
        }
    }
}

/// Y as the products see it. The type of the results is behind a function, called once for a block of sums: so the
/// kernels of a packing are compiled once, not once for each type.
class Results {
 public:
    /// `out` and `x` must outlive this.
    template <ResultType Out>
    Results(const Output<Out>& out, float w_scale, const ActivationView& x) noexcept
        : out_(&out),
          x_(&x),
          w_scale_(w_scale),
          first_(reinterpret_cast<const std::byte*>(out.data)),
          row_bytes_(out.ld * sizeof(Out)),
          value_bytes_(sizeof(Out)),
          write_sums_(write_sums<Out>),
          write_listed_(write_sums_listed<Out>),
          write_totals_(write_totals<Out>) {}

    /// Writes those of the sums [tokens][Stride] that lie in `rows`; Rows of them each, from token m and row `first`
    /// on.
    template <std::size_t Rows, std::size_t Stride = Rows>
    void write(std::size_t m, std::size_t tokens, std::size_t first, RowRange rows,
               const std::int32_t* sums) const noexcept {
        const std::size_t begin = (std::max)(first, rows.begin);
        const std::size_t end = (std::min)(first + Rows, rows.end);
        write_sums_(*this, {m, tokens, begin, end - begin, sums + (begin - first), Stride});
    }

    /// Writes the sums of the listed rows of token m.
    void write_listed(std::size_t m, std::span<const std::uint32_t> rows, const std::int32_t* sums) const noexcept {
        write_listed_(*this, m, rows, sums);
    }

    /// The same for totals that are dequantised already, Rows of each token: the residual is added, and no scale
    /// multiplies. For results in floating point.
    template <std::size_t Rows, std::size_t Stride = Rows>
    void write(std::size_t m, std::size_t tokens, std::size_t first, RowRange rows,
               const float* totals) const noexcept {
        const std::size_t begin = (std::max)(first, rows.begin);
        const std::size_t end = (std::min)(first + Rows, rows.end);
        write_totals_(*this, {m, tokens, begin, end - begin, totals + (begin - first), Stride});
    }

    /// Asks for the lines that such a write will touch: rows of Y lie far apart, and each would wait for memory.
    template <class B, std::size_t Rows>
    void prefetch(std::size_t m, std::size_t tokens, std::size_t first, RowRange rows) const noexcept {
        const std::size_t begin = (std::max)(first, rows.begin) * value_bytes_;
        const std::size_t end = (std::min)(first + Rows, rows.end) * value_bytes_;
        for (const std::byte* row = first_ + m * row_bytes_; tokens != 0; --tokens, row += row_bytes_) {
            for (std::size_t at = begin; at < end; at += 64)
                B::prefetch(row + at);
        }
    }

 private:
    template <class Sum>
    struct Block {
        std::size_t m, tokens, n, count;
        const Sum* sums;
        std::size_t stride;
    };

    template <ResultType Out>
    static void write_sums(const Results& results, const Block<std::int32_t>& block) noexcept {
        const auto write = [&](std::size_t count) TERNION_INLINE_LAMBDA {
            const auto& out = *static_cast<const Output<Out>*>(results.out_);
            const std::int32_t* sums = block.sums;
            for (std::size_t t = 0; t < block.tokens; ++t, sums += block.stride)
                write_results(out, results.w_scale_, *results.x_, block.m + t, block.n, sums, count);
        };
        switch (block.count) {  // constants, so no loops
            case 64:
                return write(64);
            case 16:
                return write(16);
            default:
                return write(block.count);
        }
    }

    template <ResultType Out>
    static void write_sums_listed(const Results& results, std::size_t m, std::span<const std::uint32_t> rows,
                                  const std::int32_t* sums) noexcept {
        const auto& out = *static_cast<const Output<Out>*>(results.out_);
        for (std::size_t i = 0; i < rows.size(); ++i)
            write_results(out, results.w_scale_, *results.x_, m, rows[i], sums + i, 1);
    }

    template <ResultType Out>
    static void write_totals(const Results& results, const Block<float>& block) noexcept {
        const auto& out = *static_cast<const Output<Out>*>(results.out_);
        const float* totals = block.sums;
        for (std::size_t m = block.m; m < block.m + block.tokens; ++m, totals += block.stride) {
            Out* y = out.data + m * out.ld + block.n;
            const float* residual = out.residual == nullptr ? nullptr : out.residual + m * out.residual_ld + block.n;
            for (std::size_t i = 0; i < block.count; ++i)
                y[i] = static_cast<Out>(residual == nullptr ? totals[i] : totals[i] + residual[i]);
        }
    }

    const void* out_;
    const ActivationView* x_;
    float w_scale_;
    const std::byte* first_;
    std::size_t row_bytes_;
    std::size_t value_bytes_;
    void (*write_sums_)(const Results&, const Block<std::int32_t>&) noexcept;
    void (*write_listed_)(const Results&, std::size_t, std::span<const std::uint32_t>, const std::int32_t*) noexcept;
    void (*write_totals_)(const Results&, const Block<float>&) noexcept;
};

}  // namespace TERNION_ABI
}  // namespace ternion
