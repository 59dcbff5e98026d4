#pragma once

// Q2_0: ggml's 2-bit format with groups of 64 (GGUF tensor type 42), byte for byte. A row is a sequence of blocks of 64
// weights in 18 bytes (row_blocks.hpp):
//
//   bytes 0, 1       the block's scale, float16
//   bytes 2 .. 17    weights: byte 2 + m holds weights 4m .. 4m + 3
//
//   bit      7  6    5  4    3  2    1  0
//   weight  4m + 3  4m + 2  4m + 1    4m
//
//   trit  -1   0   +1
//   code   0   1    2        3 means +2 there, which is no trit: refused where data enters
//
// The last block of a row is padded with zero trits (code 1). 2.25 bits a weight where K is a multiple of 64.
// Source: the type of that name in ggml.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "row_blocks.hpp"
#include "two_bit.hpp"

namespace ternion {

struct Q2_0 : RowBlocks<Q2_0, 64, 18> {
    static constexpr std::string_view name = "q2_0";
    static constexpr std::size_t scale_place = 0;

    static TERNION_INLINE void encode(const std::uint8_t* codes, std::byte* block) noexcept {
        for (std::size_t m = 0; m < 16; ++m) {
            const std::uint8_t* four = codes + 4 * m;
            block[2 + m] = static_cast<std::byte>(four[0] | four[1] << 2 | four[2] << 4 | four[3] << 6);
        }
    }
    /// A byte is spread over four; compilers make it a loop of 32-bit lanes.
    static TERNION_INLINE void decode(const std::byte* block, std::uint8_t* codes) noexcept {
        std::uint8_t bytes_of_4[16];
        std::uint32_t spread[16];
        std::memcpy(bytes_of_4, block + 2, 16);
        for (std::size_t m = 0; m < 16; ++m) {
            const std::uint32_t byte = bytes_of_4[m];
            spread[m] = (byte | byte << 6 | byte << 12 | byte << 18) & 0x03030303u;
        }
        std::memcpy(codes, spread, 64);
    }
    static TERNION_INLINE bool valid_block(const std::byte* block) noexcept {
        return detail::no_code_is_3(block + 2, 16);
    }
};

}  // namespace ternion
