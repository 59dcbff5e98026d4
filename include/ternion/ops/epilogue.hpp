#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/float16.hpp"
#include "../tensor/activations.hpp"

namespace ternion {

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

}  // namespace TERNION_ABI
}  // namespace ternion
