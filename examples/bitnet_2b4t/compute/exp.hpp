#pragma once

#include <cstdint>
#include <ternion/core/bit_cast.hpp>
#include <ternion/core/config.hpp>

namespace bitnet {
inline namespace TERNION_ABI {

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

}  // namespace TERNION_ABI
}  // namespace bitnet
