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

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "row_blocks.hpp"
#include "two_bit.hpp"

namespace ternion {

namespace detail {

/// For each of 64 codes the byte that it is in, and masks of those that are shifted by two and by four bits.
struct SpreadFourths {
    alignas(64) std::array<std::uint8_t, 64> byte;
    alignas(64) std::array<std::uint8_t, 64> odd;
    alignas(64) std::array<std::uint8_t, 64> upper;
};
inline constexpr SpreadFourths fourths = [] {
    SpreadFourths all{};
    for (std::size_t i = 0; i < 64; ++i) {
        all.byte[i] = static_cast<std::uint8_t>(i / 4);
        all.odd[i] = i % 2 != 0 ? 255 : 0;
        all.upper[i] = i % 4 >= 2 ? 255 : 0;
    }
    return all;
}();

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
    /// By look-ups that spread a byte over four, and shifts where its second and fourth code are wanted.
    template <class B>
    requires(B::bytes <= 64 && requires { &B::lookup64; })
    static TERNION_INLINE void decode_simd(const std::byte* block, std::uint8_t* codes) noexcept {
        const auto odd = B::load(fourths.odd.data()), upper = B::load(fourths.upper.data());
        for (std::size_t i = 0; i < Inputs; i += B::bytes) {
            const auto bytes = B::broadcast16(block + 2 + i / 64 * 16);
            const auto four = B::lookup16(bytes, B::load(fourths.byte.data() + i % 64));
            const auto half = B::select(upper, B::template shift_right<4>(four), four);
            const auto code = B::select(odd, B::template shift_right<2>(half), half);
            B::store(codes + i, B::bit_and(code, B::splat(3)));
        }
    }
    static TERNION_INLINE bool valid_block(const std::byte* block) noexcept {
        return no_code_is_3(block + 2, Inputs / 4);
    }
};

}  // namespace detail

struct Q2_0 : detail::TwoBitBlocks<Q2_0, 64> {
    static constexpr std::string_view name = "q2_0";

    /// As many blocks as a register takes, whose codes are read in parts of 16 bytes.
    template <class B, std::size_t M = 1>
    requires(B::bytes <= 64)
    struct InPlace : detail::TwoBitInPlace<B, M, 0, 2, 4, 6> {
        static constexpr std::size_t parts = B::bytes / 16;
        static constexpr std::size_t unit_inputs = 64 * parts;
        static constexpr std::size_t unit_bytes = block_bytes * parts;
        static constexpr std::size_t read_bytes = unit_bytes;
        static constexpr std::size_t registers = 1;
        static constexpr std::size_t few_tokens = detail::few_in_place<B, 4>;

        template <std::size_t>
        static TERNION_INLINE typename B::Bytes load(const std::byte* unit) noexcept {
            return B::load_parts(unit + 2, block_bytes);
        }
        static TERNION_INLINE void arrange(const std::int8_t* x, std::int8_t* out) noexcept {
            for (std::size_t p = 0; p < parts; ++p) {
                for (std::size_t f = 0; f < 4; ++f) {
                    for (std::size_t i = 0; i < 16; ++i)
                        out[f * B::bytes + 16 * p + i] = x[64 * p + 4 * i + f];
                }
            }
        }
    };
};

/// Not among all_packings: a format of files, which differs from Q2_0 by its groups alone.
struct PQ2_0 : detail::TwoBitBlocks<PQ2_0, 128> {
    static constexpr std::string_view name = "pq2_0";
};

}  // namespace ternion
