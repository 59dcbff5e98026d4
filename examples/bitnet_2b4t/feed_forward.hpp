#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

namespace bitnet {

/// gate = relu(gate)^2 · up, in place.
inline void gated_squared_relu(std::span<float> gate, std::span<const float> up) {
    for (std::size_t i = 0; i < gate.size(); ++i) {
        // Written so that NaN stays NaN.
        const float positive = gate[i] < 0 ? 0 : gate[i];
        gate[i] = positive * positive * up[i];
    }
}

}  // namespace bitnet
