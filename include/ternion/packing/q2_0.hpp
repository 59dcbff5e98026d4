#pragma once

// ggml's 2-bit formats, byte for byte: Q2_0 with groups of 64 (GGUF tensor type 42), and PQ2_0 with groups of 128 (142
// in PrismML's programs, whose older files say 42, too). A row is a sequence of blocks of G weights in 2 + G/4 bytes
// (row_blocks.hpp):
//
//   bytes 0, 1             the block's scale, float16
//   bytes 2 .. 2 + G/4-1   weights: byte 2 + m holds weights 4m .. 4m + 3
//
//   bit      7  6    5  4    3  2    1  0
//   weight  4m + 3  4m + 2  4m + 1    4m
//
//   trit  -1   0   +1
//   code   0   1    2        3 means +2 there, which is no trit: refused where data enters
//
// The last block of a row is padded with zero trits (code 1). 2.25 bits a weight where K is a multiple of 64, 2.125 in
// groups of 128. Source: the types of that name in ggml and in PrismML's fork of it.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "row_blocks.hpp"
#include "two_bit.hpp"

namespace ternion {

namespace detail {

/// What both have in common.
template <class Self, std::size_t Inputs>
struct TwoBitBlocks : RowBlocks<Self, Inputs, 2 + Inputs / 4> {
    static constexpr std::size_t scale_place = 0;

    static TERNION_INLINE void encode(const std::uint8_t* codes, std::byte* block) noexcept {
        for (std::size_t m = 0; m < Inputs / 4; ++m) {
            const std::uint8_t* four = codes + 4 * m;
            block[2 + m] = static_cast<std::byte>(four[0] | four[1] << 2 | four[2] << 4 | four[3] << 6);
        }
    }
    /// A byte is spread over four; compilers make it a loop of 32-bit lanes.
    static TERNION_INLINE void decode(const std::byte* block, std::uint8_t* codes) noexcept {
        std::uint8_t bytes_of_4[Inputs / 4];
        std::uint32_t spread[Inputs / 4];
        std::memcpy(bytes_of_4, block + 2, Inputs / 4);
        for (std::size_t m = 0; m < Inputs / 4; ++m) {
            const std::uint32_t byte = bytes_of_4[m];
            spread[m] = (byte | byte << 6 | byte << 12 | byte << 18) & 0x03030303u;
        }
        std::memcpy(codes, spread, Inputs);
    }
    static TERNION_INLINE bool valid_block(const std::byte* block) noexcept {
        return no_code_is_3(block + 2, Inputs / 4);
    }
};

}  // namespace detail

struct Q2_0 : detail::TwoBitBlocks<Q2_0, 64> {
    static constexpr std::string_view name = "q2_0";
};

/// Not among all_packings: a format of files, which differs from Q2_0 by its groups alone.
struct PQ2_0 : detail::TwoBitBlocks<PQ2_0, 128> {
    static constexpr std::string_view name = "pq2_0";
};

}  // namespace ternion
