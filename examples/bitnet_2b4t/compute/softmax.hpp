#pragma once

#include <cstddef>
#include <span>

#include "exp.hpp"
#include "products.hpp"

namespace bitnet {
inline namespace TERNION_ABI {

// The parts of a softmax over one block of scores, as loops that compilers vectorise.

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
