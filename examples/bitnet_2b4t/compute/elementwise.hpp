#pragma once

#include <cmath>
#include <cstddef>
#include <ternion/ternion.hpp>

#include "exp.hpp"

namespace bitnet {

/// The cosine and the sine of an angle.
struct Rotation {
    float cosine, sine;
};

inline namespace TERNION_ABI {

/// gate = relu(gate)^2 · up, in place, of n numbers.
inline void gated_squared_relu(float* gate, const float* up, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        // Written so that NaN stays NaN.
        const float positive = gate[i] < 0 ? 0 : gate[i];
        gate[i] = positive * positive * up[i];
    }
}

/// gate = gate · sigmoid(gate) · up, in place, of n numbers.
inline void gated_silu(float* gate, const float* up, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
        const float e = exp_of_negative(-std::abs(gate[i]));
        gate[i] = gate[i] * ((gate[i] < 0 ? e : 1.0F) / (1 + e)) * up[i];
    }
}

/// Turns pair (x[i], x[i + half]) of each head by rotations[i], in place; `size` numbers are heads of 2 · half.
inline void rotate(float* heads, std::size_t size, const Rotation* rotations, std::size_t half) {
    for (float* a = heads; a < heads + size; a += 2 * half) {
        float* b = a + half;
        for (std::size_t i = 0; i < half; ++i) {
            const float x = a[i];
            const float y = b[i];
            a[i] = x * rotations[i].cosine - y * rotations[i].sine;
            b[i] = x * rotations[i].sine + y * rotations[i].cosine;
        }
    }
}

}  // namespace TERNION_ABI
}  // namespace bitnet
