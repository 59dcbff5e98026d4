#pragma once

// Absmax quantisation of one token, by the formula, a value at a time.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace test {

struct QuantizedToken {
    std::vector<std::int8_t> q;
    float scale;
    std::int32_t sum;
};

/// s = top / max(max |x|, 1e-5), q = clamp(round_half_even(x * s), -top - 1, top), in float; scale max(...) / top. A
/// token that isn't finite is zeros with scale NaN.
inline QuantizedToken absmax_oracle(std::span<const float> x, int bits) {
    const auto top = static_cast<float>((1 << (bits - 1)) - 1);
    QuantizedToken token{std::vector<std::int8_t>(x.size(), 0), std::numeric_limits<float>::quiet_NaN(), 0};
    float peak = 1e-5f;
    for (const float value : x) {
        if (!std::isfinite(value)) return token;
        peak = std::max(peak, std::fabs(value));
    }
    token.scale = peak / top;
    const float s = top / peak;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const float rounded = std::nearbyintf(x[i] * s);
        token.q[i] = static_cast<std::int8_t>(std::clamp(rounded, -top - 1, top));
        token.sum += token.q[i];
    }
    return token;
}

}  // namespace test
