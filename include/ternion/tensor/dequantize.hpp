#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "../core/config.hpp"
#include "../core/executor.hpp"
#include "activations.hpp"
#include "float_activations.hpp"
#include "split_activations.hpp"
#include "ternary_bytes.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// Writes the weights as floats, row-major [N,K]: scale * trit, where the scale is the tensor's, or the row's or
/// group's of a matrix that has such. Takes every matrix and view. Throws std::invalid_argument unless there is room
/// for exactly N * K. The executor splits rows.
template <class E = Serial>
void dequantize(const TernaryBytes& w, std::span<float> weights, E&& executor = {}) {
    const std::size_t n = w.shape.n, k = w.shape.k;
    if (weights.size() != w.shape.size()) {
        TERNION_THROW(std::invalid_argument, "dequantize: a matrix of " + to_string(w.shape) + " has " +
                                                 std::to_string(w.shape.size()) + " weights, not " +
                                                 std::to_string(weights.size()));
    }
    split(n, 1, executor, [&](std::size_t begin, std::size_t end) {
        std::vector<std::uint8_t> codes(k);
        for (std::size_t row = begin; row < end; ++row) {
            w.unpack_row(row, codes.data());
            float* out = weights.data() + row * k;
            for (std::size_t group = 0, i = 0; group < w.groups(); ++group) {
                const float scale = w.scale_of(row, group);
                for (const std::size_t stop = (std::min)(k, i + w.inputs_of_scale()); i < stop; ++i)
                    out[i] = scale * static_cast<float>(codes[i] - 1);
            }
        }
    });
}

/// values[m][k] = value(m, k) of all activations, row-major [M,K].
template <class Activations, class Value>
void write_activations(const Activations& x, std::span<float> values, Value&& value) {
    if (values.size() != x.tokens() * x.inputs()) {
        TERNION_THROW(std::invalid_argument, "dequantize: " + std::to_string(x.tokens()) + " tokens of " +
                                                 std::to_string(x.inputs()) + " inputs, room for " +
                                                 std::to_string(values.size()) + " values");
    }
    float* out = values.data();
    for (std::size_t m = 0; m < x.tokens(); ++m) {
        for (std::size_t k = 0; k < x.inputs(); ++k)
            *out++ = value(m, k);
    }
}

/// Writes the activations as floats, row-major [M,K]: scale * q, what the product takes them for. Throws
/// std::invalid_argument unless there is room for exactly M * K. Every type of activations has such an overload, or
/// derives from one that has; what was rotated before it was quantised is written as it is, rotated.
inline void dequantize(const QuantizedActivations& x, std::span<float> values) {
    write_activations(x, values, [&](std::size_t m, std::size_t k) { return x.value(m, k); });
}

/// Floats as they are.
inline void dequantize(const FloatActivations& x, std::span<float> values) {
    write_activations(x, values, [&](std::size_t m, std::size_t k) { return x.value(m, k); });
}

/// The sum of the two parts, each by its scale.
inline void dequantize(const SplitActivations& x, std::span<float> values) {
    write_activations(x, values,
                      [&](std::size_t m, std::size_t k) { return x.large.value(m, k) + x.rest.value(m, k); });
}

}  // namespace TERNION_ABI
}  // namespace ternion
