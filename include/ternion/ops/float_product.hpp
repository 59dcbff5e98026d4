#pragma once

// The product of float activations: a reference for what a quantizer of activations costs in exactness. Slow, as each
// weight is unpacked to a byte and multiplied in double.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../tensor/float_activations.hpp"
#include "../tensor/ternary_bytes.hpp"
#include "epilogue.hpp"

namespace ternion {

/// A result type that isn't the exact sum of integers.
template <class T>
concept FloatResult = ResultType<T> && !std::same_as<T, std::int32_t>;

inline namespace TERNION_ABI {

/// The sum of trit * x in double, `count` of them, where codes are trit + 1. In one order on every machine; side by
/// side, so that no addition waits for the last.
inline double sum_of_products(const std::uint8_t* codes, const float* x, std::size_t count) noexcept {
    constexpr std::size_t lanes = 16;
    double sums[lanes] = {};
    std::size_t i = 0;
    const auto product = [&](std::size_t at) TERNION_INLINE_LAMBDA {
        return static_cast<double>(static_cast<std::int32_t>(codes[at]) - 1) * static_cast<double>(x[at]);
    };
    for (; i + lanes <= count; i += lanes) {
        for (std::size_t j = 0; j < lanes; ++j)
            sums[j] += product(i + j);
    }
    for (; i < count; ++i)
        sums[0] += product(i);
    double sum = 0;
    for (const double part : sums)
        sum += part;
    return sum;
}

/// Y[M,N] = X[M,K] · W[N,K]ᵀ for a range of rows of W in any packing and with any scales, on the calling thread:
///   y = scale(n, 0) * sum_0 + scale(n, 1) * sum_1 + ... + residual,   sum_g = the sum of trit * x over a group,
/// all in double, rounded once to the type of the results; out.row_scales are one scale for each row in place of the
/// tensor's. Results don't depend on the packing, the range or the batch. No int32: floats have no exact sums. Shapes
/// are preconditions, as in `multiply`; allocates nothing.
template <FloatResult Out>
void multiply_floats(const TernaryBytes& w, const FloatActivations& x, RowRange rows, const Output<Out>& out) noexcept {
    constexpr std::size_t block_tokens = 64, block_inputs = 256;  // no group is larger
    const auto [n, k] = w.shape;
    TERNION_ASSERT(x.inputs() == k && rows.begin <= rows.end && rows.end <= n && out.ld >= rows.end);
    const std::size_t step = w.group_inputs == 0 ? block_inputs : w.group_inputs;
    std::uint8_t codes[block_inputs];
    for (std::size_t m = 0; m < x.tokens(); m += block_tokens) {
        const std::size_t tokens = (std::min)(block_tokens, x.tokens() - m);
        for (std::size_t row = rows.begin; row < rows.end; ++row) {
            double totals[block_tokens] = {};
            for (std::size_t begin = 0; begin < k; begin += step) {
                const std::size_t count = (std::min)(step, k - begin);
                const float one = out.row_scales == nullptr ? w.scale : out.row_scales[row];
                const float scale = w.has_one_scale() ? one : w.scale_of(row, begin / w.inputs_of_scale());
                w.packing->unpack(w.shape, w.data, row, begin, count, codes);
                for (std::size_t t = 0; t < tokens; ++t)
                    totals[t] +=
                        static_cast<double>(scale) * sum_of_products(codes, x.row(m + t).data() + begin, count);
            }
            for (std::size_t t = 0; t < tokens; ++t) {
                const float* residual = out.residual == nullptr ? nullptr : out.residual + (m + t) * out.residual_ld;
                const double y = residual == nullptr ? totals[t] : totals[t] + static_cast<double>(residual[row]);
                out.data[(m + t) * out.ld + row] = static_cast<Out>(static_cast<float>(y));
            }
        }
    }
}

/// The same for a matrix whose packing is its type, as a product of the library.
template <class Arch = void, std::convertible_to<TernaryBytes> W, FloatResult Out>
void multiply_rows(const W& w, const FloatActivations& x, RowRange rows, const Output<Out>& out) noexcept {
    multiply_floats(static_cast<TernaryBytes>(w), x, rows, out);
}

}  // namespace TERNION_ABI
}  // namespace ternion
