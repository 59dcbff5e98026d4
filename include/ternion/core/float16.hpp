#pragma once

#include <cstdint>

#include "bit_cast.hpp"

namespace ternion {

/// IEEE 754 binary16 as it lies in files: storage only, no arithmetic. Conversions round to nearest even and keep NaN
/// (made quiet), infinities and subnormals; they are exact in the direction of float. `widen` and `narrow`
/// (tensor/convert.hpp) do the same for arrays.
struct Float16 {
    std::uint16_t bits = 0;

    constexpr Float16() = default;

    constexpr explicit Float16(float value) noexcept {
        const auto f = bit_cast<std::uint32_t>(value);
        const std::uint32_t sign = (f >> 16) & 0x8000u;
        const std::uint32_t magnitude = f & 0x7fffffffu;
        std::uint32_t half;
        if (magnitude > 0x7f800000u) {
            half = 0x7e00u | ((magnitude >> 13) & 0x3ffu);  // NaN, made quiet
        } else if (magnitude >= 0x477ff000u) {
            half = 0x7c00u;  // 65520 and more round to infinity
        } else if (magnitude >= 0x38800000u) {
            half = (magnitude + 0xfffu + ((magnitude >> 13) & 1u) - 0x38000000u) >> 13;
        } else {
            // Subnormal: adding 0.5 makes the float adder round at the place of a half's last bit.
            half = bit_cast<std::uint32_t>(bit_cast<float>(magnitude) + 0.5f) - 0x3f000000u;
        }
        bits = static_cast<std::uint16_t>(sign | half);
    }

    constexpr explicit operator float() const noexcept {
        const std::uint32_t magnitude = bits & 0x7fffu;
        // The exponent is rebased by a multiplication, which is exact and takes care of subnormals.
        float value = bit_cast<float>(magnitude << 13) * 0x1p112f;
        if (magnitude >= 0x7c00u) {
            const std::uint32_t quiet = magnitude > 0x7c00u ? 0x400000u : 0;  // as machines do
            value = bit_cast<float>((magnitude << 13) | 0x7f800000u | quiet);
        }
        return bit_cast<float>(bit_cast<std::uint32_t>(value) | (std::uint32_t{bits} & 0x8000u) << 16);
    }

    static constexpr Float16 from_bits(std::uint16_t bits) noexcept {
        Float16 half;
        half.bits = bits;
        return half;
    }
};

/// bfloat16: the upper half of a float. Rounds to nearest even; NaN stays NaN.
struct BFloat16 {
    std::uint16_t bits = 0;

    constexpr BFloat16() = default;

    constexpr explicit BFloat16(float value) noexcept {
        const auto f = bit_cast<std::uint32_t>(value);
        const bool nan = (f & 0x7fffffffu) > 0x7f800000u;
        bits = static_cast<std::uint16_t>(nan ? (f >> 16) | 0x40u : (f + 0x7fffu + ((f >> 16) & 1u)) >> 16);
    }

    constexpr explicit operator float() const noexcept {
        return bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
    }

    static constexpr BFloat16 from_bits(std::uint16_t bits) noexcept {
        BFloat16 value;
        value.bits = bits;
        return value;
    }
};

static_assert(sizeof(Float16) == 2 && sizeof(BFloat16) == 2);

}  // namespace ternion
