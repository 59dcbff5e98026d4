#pragma once

// TripleLookup: three weights make a number whose magnitude, 4 bits, looks their sum up in a table made of three
// activations, and whose sign stands in a plane of its own. 16 rows are interleaved. The layout of the chunk (80 bytes,
// 16 rows by 24 inputs, so 8 triples of each row) is in lookup_panel.hpp: of row r, chunk c has in
//
//   byte 16s + r, s = 0..3     bits 7 .. 4   the index of inputs 24c + 6s, + 1, + 2
//                              bits 3 .. 0   the index of inputs 24c + 6s + 3, + 4, + 5
//   byte 64 + r                bit j         the sign of inputs 24c + 3j, + 1, + 2
//
//   v = 9 w0 + 3 w1 + w2,  index = abs(v),  sign = 1 where v < 0
//
//   index   0    1    2    3    4    5    6    7    8    9   10   11   12   13
//   w0      0    0    0    0    0   +1   +1   +1   +1   +1   +1   +1   +1   +1
//   w1      0    0   +1   +1   +1   -1   -1   -1    0    0    0   +1   +1   +1
//   w2      0   +1   -1    0   +1   -1    0   +1   -1    0   +1   -1    0   +1
//
// With the sign all three are negated. Indices 14 and 15, and a sign at index 0, encode no trits and are refused.
//
// 5/3 = 1.67 bits a weight where N is a multiple of 16 and K of 24; rows and inputs beyond are zero trits, also those
// that complete a triple. Source: indices and signs are those of TL2 in bitnet.cpp (arXiv 2410.16144, 2502.11880),
// which packs what triples leave over of K as pairs, in an order of bytes that depends on tile sizes chosen for each
// shape.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lookup_panel.hpp"

namespace ternion {

struct TripleLookup : LookupPanel<TripleLookup, 3, true> {
    static constexpr std::string_view name = "triple_lookup";

    static constexpr unsigned encode(const std::array<std::uint8_t, 3>& codes) noexcept {
        const int v = 9 * codes[0] + 3 * codes[1] + codes[2] - 13;
        return v < 0 ? static_cast<unsigned>(-v) | 16u : static_cast<unsigned>(v);
    }
    static constexpr std::array<std::uint8_t, 3> decode(std::size_t symbol) noexcept {
        const std::size_t index = symbol & 15;
        const bool negative = symbol >> 4 != 0;
        if (index > 13 || (negative && index == 0)) return {3, 3, 3};
        const std::size_t u = negative ? 13 - index : 13 + index;  // of the codes, which are trit + 1
        return {static_cast<std::uint8_t>(u / 9), static_cast<std::uint8_t>(u / 3 % 3),
                static_cast<std::uint8_t>(u % 3)};
    }
};

}  // namespace ternion
