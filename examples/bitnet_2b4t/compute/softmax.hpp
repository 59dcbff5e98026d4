#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "products.hpp"

namespace bitnet {
inline namespace TERNION_ABI {

// The parts of a softmax over one block of scores, as loops that compilers vectorise.

/// exp(x) for x <= 0, to 2e-7 relative; 0 below -87, where it would leave the normal floats. NaN stays NaN.
inline float exp_of_negative(float x) {
    constexpr float shifter = 0x1.8p23F;  // adding it rounds to an integer, in the lowest bits
    const float shifted = x * 1.44269504F + shifter;
    const float n = shifted - shifter;
    const float r = (x - n * 0.693359375F) - n * -2.12194440e-4F;  // x = n · ln 2 + r
    float p = 1.9875691500e-4F;
    p = p * r + 1.3981999507e-3F;
    p = p * r + 8.3334519073e-3F;
    p = p * r + 4.1665795894e-2F;
    p = p * r + 1.6666665459e-1F;
    p = p * r + 5.0000001201e-1F;
    p = p * (r * r) + r + 1.0F;
    const float power = ternion::bit_cast<float>((ternion::bit_cast<std::uint32_t>(shifted) << 23) + 0x3f800000U);
    return x < -87.0F ? 0.0F : p * power;
}

/// Sum and maximum by halves: the same order on every machine.
template <class F>
float fold(std::span<const float, column_block> values, F&& f) {
    float halves[column_block / 2];
    for (std::size_t i = 0; i < column_block / 2; ++i)
        halves[i] = f(values[i], values[i + column_block / 2]);
#pragma GCC unroll 8
    for (std::size_t width = column_block / 4; width > 0; width /= 2) {
        for (std::size_t i = 0; i < width; ++i)
            halves[i] = f(halves[i], halves[i + width]);
    }
    return halves[0];
}

inline float sum(std::span<const float, column_block> values) {
    return fold(values, [](float a, float b) { return a + b; });
}

inline float largest(std::span<const float, column_block> values) {
    return fold(values, [](float a, float b) { return a > b ? a : b; });
}

}  // namespace TERNION_ABI
}  // namespace bitnet
