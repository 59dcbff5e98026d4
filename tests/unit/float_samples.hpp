#pragma once

// Floats where conversions go wrong.

#include <bit>
#include <cstdint>
#include <vector>

#include "random_data.hpp"

namespace test {

/// Around every half, the middle between each two halves, the same for bfloat16, the smallest and largest numbers,
/// infinities, quiet and signalling NaNs, and random bits.
inline std::vector<float> float_samples() {
    std::vector<float> samples;
    const auto add = [&](std::uint32_t bits) { samples.push_back(std::bit_cast<float>(bits)); };
    // A half differs from the next in bit 13 of a float, so its middle has bit 12; below 2^-14 in higher ones.
    for (std::uint32_t bits = 0x32800000; bits < 0x47900000; bits += 0x1000) {
        for (const std::uint32_t near : {bits - 1, bits, bits + 1})
            add(near | (bits & 0x2000) << 18);
    }
    for (std::uint32_t bits = 0; bits < 0x7f800000; bits += 0x8000) {
        if ((bits >> 16) % 16 != 0 && bits < 0x7f700000) continue;
        for (const std::uint32_t near : {bits == 0 ? 0 : bits - 1, bits, bits + 1})
            add(near | (bits & 0x100000) << 11);
    }
    for (const std::uint32_t bits : {0x7f800000u, 0xff800000u, 0x7fc00000u, 0xffc01234u, 0x7f800001u, 0xff812345u,
                                     0x7f802000u, 0x7fffffffu, 0x80000000u, 0x00000001u, 0x807fffffu, 0x7f7fffffu})
        add(bits);
    Random random(1);
    for (int i = 0; i < 20000; ++i)
        add(static_cast<std::uint32_t>(random.bits()));
    return samples;
}

}  // namespace test
