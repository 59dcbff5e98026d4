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

#include "../core/unroll.hpp"
#include "in_place.hpp"
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
    requires(B::bytes <= 64)
    static TERNION_INLINE void decode_simd(const std::byte* block, std::uint8_t* codes) noexcept {
        alignas(64) std::byte padded[64] = {};
        alignas(64) std::uint8_t digits[5][64];
        std::memcpy(padded, block, scale_place);
        for (std::size_t i = 0; i < sizeof(padded); i += B::bytes) {
            auto power = B::add(B::load(padded + i), B::splat(128));
            unroll<5>([&](auto n) TERNION_INLINE_LAMBDA {
                B::store(digits[n] + i, B::thirds(power));
                power = B::add(B::add(power, power), power);
            });
        }
        for (std::size_t n = 0; n < 5; ++n) {
            std::memcpy(codes + 32 * n, digits[n], 32);
            std::memcpy(codes + 160 + 16 * n, digits[n] + 32, 16);
            if (n < 4) std::memcpy(codes + 240 + 4 * n, digits[n] + 48, 4);
        }
    }
    /// Digits in registers of 64 bytes in all, of which the last 12 hold no weights and meet activations of zero.
    ///
    /// Where products are added in 32 bits, no digit is taken out of its byte: with q the byte multiplied by 3^n in 8
    /// bits, and q' that of n + 1, digit n is (3 q - q') / 256, and so are the sums of its products.
    template <class B, std::size_t = 1>
    requires(B::bytes <= 64)
    struct InPlace {
        static constexpr bool linear = B::wide_dot && B::largest_code == 255;
        static constexpr std::size_t unit_inputs = 256;
        static constexpr std::size_t unit_bytes = block_bytes;
        static constexpr std::size_t read_bytes = 64;
        static constexpr std::size_t registers = read_bytes / B::bytes;
        static constexpr std::size_t fields = 5;
        static constexpr std::size_t few_tokens = linear ? 6 : 2;
        static constexpr std::size_t accumulators = linear ? 2 : 1;
        static constexpr unsigned highest_code = linear ? 255 : 2;
        static constexpr std::size_t dots = 5;
        static constexpr std::size_t totals = accumulators;

        static constexpr std::size_t total_of(std::size_t accumulator) noexcept { return accumulator; }
        static constexpr int shift_of(std::size_t) noexcept { return 0; }
        /// Exact for fewer than 2^15 inputs, of which 256 times the sum fits in 32 bits.
        static constexpr std::uint32_t combine(const std::array<std::uint32_t, totals>& sums) noexcept {
            if constexpr (!linear) return sums[0];
            return static_cast<std::uint32_t>(static_cast<std::int32_t>(3 * sums[0] - sums[totals - 1]) >> 8);
        }

        template <std::size_t R>
        static TERNION_INLINE typename B::Bytes load(const std::byte* unit) noexcept {
            return B::load_once(unit + R * B::bytes);
        }
        static TERNION_INLINE void arrange(const std::int8_t* x, std::int8_t* out) noexcept {
            std::memset(out, 0, fields * read_bytes);
            for (std::size_t n = 0; n < fields; ++n) {
                const auto place = [&](std::size_t byte) { return out + detail::arranged_place<B, fields>(byte, n); };
                std::memcpy(place(0), x + 32 * n, 16);
                std::memcpy(place(16), x + 32 * n + 16, 16);
                std::memcpy(place(32), x + 160 + 16 * n, 16);
                if (n < 4) std::memcpy(place(48), x + 240 + 4 * n, 4);
            }
        }
        template <class Dot>
        static TERNION_INLINE void multiply(typename B::Bytes packed, Dot&& dot) noexcept {
            auto power = linear ? packed : B::add(packed, B::splat(128));
            unroll<fields>([&](auto n) TERNION_INLINE_LAMBDA {
                if constexpr (linear) {
                    dot.template operator()<0, n>(power);
                } else {
                    dot.template operator()<0, n>(B::thirds(power));
                }
                if constexpr (linear || n + 1 < fields) power = B::add(B::add(power, power), power);
                if constexpr (linear) dot.template operator()<1, n>(power);
            });
        }
    };

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
};

}  // namespace ternion
