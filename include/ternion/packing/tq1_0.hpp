#pragma once

// TQ1_0: ggml's base-3 ternary format (GGUF tensor type 34), byte for byte. A row is a sequence of blocks of 256
// weights in 54 bytes (row_blocks.hpp):
//
//   bytes  0 .. 31   weights   0 .. 159    byte      m holds weights       m + 32n, n = 0 .. 4
//   bytes 32 .. 47   weights 160 .. 239    byte 32 + m holds weights 160 + m + 16n, n = 0 .. 4
//   bytes 48 .. 51   weights 240 .. 255    byte 48 + m holds weights 240 + m +  4n, n = 0 .. 3, and a digit 0
//   bytes 52, 53     the block's scale, float16
//
// The five codes of a byte are the digits of a number v = 81 c0 + 27 c1 + 9 c2 + 3 c3 + c4, stored as ceil(256 v /
// 243): multiplied by 3 in 8 bits, such a byte moves on by one digit, and the upper 8 of 10 bits of 3 * byte begin with
// the next one. Digit n is (byte * 3^n mod 256) * 3 / 256.
//
//   trit  -1   0   +1
//   code   0   1    2        the 13 bytes that encode no v read as code 3, and are refused where data enters
//
// The last block of a row is padded with zero trits (code 1). 1.6875 bits a weight where K is a multiple of 256.
// Source: the type of that name in ggml, as the GGUF specification lists it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "row_blocks.hpp"

namespace ternion {

namespace detail {

/// The five codes of each byte; 3 where it encodes none.
inline constexpr std::array<std::array<std::uint8_t, 5>, 256> base3_digits = [] {
    std::array<std::array<std::uint8_t, 5>, 256> table{};
    for (auto& digits : table)
        digits.fill(3);
    for (unsigned v = 0; v < 243; ++v) {
        auto& digits = table[(v * 256 + 242) / 243];
        for (unsigned n = 5, rest = v; n-- > 0; rest /= 3)
            digits[n] = static_cast<std::uint8_t>(rest % 3);
    }
    return table;
}();

}  // namespace detail

struct TQ1_0 : RowBlocks<TQ1_0, 256, 54> {
    static constexpr std::string_view name = "tq1_0";
    static constexpr std::size_t scale_place = 52;

    static TERNION_INLINE void encode(const std::uint8_t* codes, std::byte* block) noexcept {
        encode_part<32, 5>(codes, block);
        encode_part<16, 5>(codes + 160, block + 32);
        encode_part<4, 4>(codes + 240, block + 48);
    }
    static TERNION_INLINE void decode(const std::byte* block, std::uint8_t* codes) noexcept {
        decode_part<32, 5>(block, codes);
        decode_part<16, 5>(block + 32, codes + 160);
        decode_part<4, 4>(block + 48, codes + 240);
    }
    /// By arithmetic, which knows no invalid byte.
    template <class B>
    static TERNION_INLINE void decode_simd(const std::byte* block, std::uint8_t* codes) noexcept {
        multiply_part<32, 5>(block, codes);
        multiply_part<16, 5>(block + 32, codes + 160);
        multiply_part<4, 4>(block + 48, codes + 240);
    }
    static TERNION_INLINE bool valid_block(const std::byte* block) noexcept {
        std::uint8_t all = 0;
        for (std::size_t m = 0; m < scale_place; ++m)
            all |= static_cast<std::uint8_t>(detail::base3_digits[std::to_integer<std::size_t>(block[m])][0] == 3);
        return all == 0;
    }

 private:
    template <std::size_t Count, std::size_t Digits>
    static TERNION_INLINE void encode_part(const std::uint8_t* codes, std::byte* out) noexcept {
        for (std::size_t m = 0; m < Count; ++m) {
            unsigned v = 0;
            for (std::size_t n = 0; n < 5; ++n)
                v = 3 * v + (n < Digits ? codes[m + Count * n] : 0u);
            out[m] = static_cast<std::byte>((v * 256 + 242) / 243);
        }
    }
    template <std::size_t Count, std::size_t Digits>
    static TERNION_INLINE void decode_part(const std::byte* in, std::uint8_t* codes) noexcept {
        for (std::size_t m = 0; m < Count; ++m) {
            const auto& digits = detail::base3_digits[std::to_integer<std::size_t>(in[m])];
            for (std::size_t n = 0; n < Digits; ++n)
                codes[m + Count * n] = digits[n];
        }
    }
    template <std::size_t Count, std::size_t Digits>
    static TERNION_INLINE void multiply_part(const std::byte* in, std::uint8_t* codes) noexcept {
        std::uint8_t power[Count];
        std::uint8_t digit[Count];
        std::memcpy(power, in, Count);
        for (std::size_t n = 0; n < Digits; ++n) {
            for (std::size_t m = 0; m < Count; ++m) {
                const unsigned tripled = 3u * power[m];
                digit[m] = static_cast<std::uint8_t>(tripled >> 8);
                power[m] = static_cast<std::uint8_t>(tripled);
            }
            std::memcpy(codes + Count * n, digit, Count);
        }
    }
};

}  // namespace ternion
