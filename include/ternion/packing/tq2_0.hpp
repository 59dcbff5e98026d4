#pragma once

// TQ2_0: ggml's 2-bit ternary format (GGUF tensor type 35), byte for byte. A row is a sequence of blocks of 256 weights
// in 66 bytes (row_blocks.hpp):
//
//   bytes  0 .. 31   weights   0 .. 127    byte m holds weights m, m + 32, m + 64, m + 96
//   bytes 32 .. 63   weights 128 .. 255    likewise
//   bytes 64, 65     the block's scale, float16
//
//   bit      7  6    5  4    3  2    1  0
//   weight  m + 96  m + 64  m + 32    m
//
//   trit  -1   0   +1
//   code   0   1    2        3 never occurs and is refused where data enters
//
// The last block of a row is padded with zero trits (code 1). 2.0625 bits a weight where K is a multiple of 256.
// Source: the type of that name in ggml, as the GGUF specification lists it.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "row_blocks.hpp"
#include "two_bit.hpp"

namespace ternion {

struct TQ2_0 : RowBlocks<TQ2_0, 256, 66> {
    static constexpr std::string_view name = "tq2_0";
    static constexpr std::size_t scale_place = 64;
    using Fields = detail::Fields32<0, 2, 4, 6>;

    static TERNION_INLINE void encode(const std::uint8_t* codes, std::byte* block) noexcept {
        Fields::pack(codes, block);
        Fields::pack(codes + 128, block + 32);
    }
    static TERNION_INLINE void decode(const std::byte* block, std::uint8_t* codes) noexcept {
        Fields::unpack(block, codes);
        Fields::unpack(block + 32, codes + 128);
    }
    template <class B>
    requires(B::bytes <= 64)
    static TERNION_INLINE void decode_simd(const std::byte* block, std::uint8_t* codes) noexcept {
        for (std::size_t half = 0; half < 2; half += Fields::step<B>)
            Fields::unpack_simd<B>(block + 32 * half, codes + 128 * half);
    }
    template <class B, std::size_t M = 1>
    using InPlace = detail::Fields32InPlace<B, M, 256, 66, 0, 2, 4, 6>;

    static TERNION_INLINE bool valid_block(const std::byte* block) noexcept { return detail::no_code_is_3(block, 64); }
};

}  // namespace ternion
