#pragma once

// 16-bit floats by their definition, in double: slow and plain.

#include <bit>
#include <cmath>
#include <cstdint>

namespace test {

/// The value of a half that is no NaN.
inline double half_value(std::uint16_t bits) {
    const int exponent = bits >> 10 & 0x1f;
    const int mantissa = bits & 0x3ff;
    double value = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
    if (exponent == 31) value = HUGE_VAL;
    return (bits & 0x8000) != 0 ? -value : value;
}

inline bool half_is_nan(std::uint16_t bits) {
    return (bits & 0x7fff) > 0x7c00;
}

inline std::uint16_t sign_of(float x) {
    return std::signbit(x) ? 0x8000 : 0;
}

/// The half next to x, ties to even. A NaN becomes quiet and keeps the upper bits of its payload.
inline std::uint16_t nearest_half(float x) {
    const double magnitude = std::fabs(static_cast<double>(x));
    unsigned bits = 0x7c00;
    if (std::isnan(x)) {
        bits = 0x7e00 | (std::bit_cast<std::uint32_t>(x) >> 13 & 0x3ff);
    } else if (magnitude < 0x1p-14) {
        bits = static_cast<unsigned>(std::nearbyint(magnitude * 0x1p24));
    } else if (magnitude < 65520) {
        const int exponent = std::ilogb(magnitude);
        const auto mantissa = static_cast<unsigned>(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));
        bits = (static_cast<unsigned>(exponent + 14) << 10) + mantissa;  // 1024 or 2048 carries into the exponent
    }
    return static_cast<std::uint16_t>(bits | sign_of(x));
}

/// The bfloat16 next to x, ties to even. A NaN becomes quiet and keeps the upper bits of its payload.
inline std::uint16_t nearest_bfloat16(float x) {
    if (std::isnan(x)) return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(x) >> 16 | 0x40);
    if (std::isinf(x)) return static_cast<std::uint16_t>(0x7f80 | sign_of(x));
    const double magnitude = std::fabs(static_cast<double>(x));
    const int exponent = magnitude < 0x1p-126 ? -126 : std::ilogb(magnitude);
    const double rounded = std::ldexp(std::nearbyint(std::ldexp(magnitude, 7 - exponent)), exponent - 7);
    const std::uint32_t bits =
        rounded >= 0x1p128 ? 0x7f800000 : std::bit_cast<std::uint32_t>(static_cast<float>(rounded));
    return static_cast<std::uint16_t>(bits >> 16 | sign_of(x));
}

}  // namespace test
