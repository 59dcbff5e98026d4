#pragma once

// PairLookup: two weights make an index of 4 bits, which looks their sum up in a table made of two activations. A byte
// holds two indices, the first in the high nibble, so four consecutive weights of a row; 16 rows are interleaved. The
// layout of the chunk (64 bytes, 16 rows by 16 inputs) is in lookup_panel.hpp: byte 16s + r of chunk c holds of row r
//
//   bit        7 .. 4                     3 .. 0
//   inputs     16c + 4s, 16c + 4s + 1     16c + 4s + 2, 16c + 4s + 3
//
//   index = 3 w0 + w1 + 4
//
//   w0     -1  -1  -1   0   0   0  +1  +1  +1
//   w1     -1   0  +1  -1   0  +1  -1   0  +1
//   index   0   1   2   3   4   5   6   7   8       9 to 15 encode no trits, and are refused
//
// 2 bits a weight where N and K are multiples of 16; rows and inputs beyond are zero trits. Source: the indices, and
// their order in a byte, are those of TL1 in bitnet.cpp (arXiv 2410.16144, 2502.11880). The order of bytes there
// depends on tile sizes that are chosen for each shape; the one here is fixed.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lookup_panel.hpp"

namespace ternion {

struct PairLookup : LookupPanel<PairLookup, 2, false> {
    static constexpr std::string_view name = "pair_lookup";

    static constexpr unsigned encode(const std::array<std::uint8_t, 2>& codes) noexcept {
        return 3u * codes[0] + codes[1];
    }
    static constexpr std::array<std::uint8_t, 2> decode(std::size_t symbol) noexcept {
        if (symbol > 8) return {3, 3};
        return {static_cast<std::uint8_t>(symbol / 3), static_cast<std::uint8_t>(symbol % 3)};
    }
};

}  // namespace ternion
