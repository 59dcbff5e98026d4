#pragma once

// Trits5x16: five trits in a byte, 16 rows interleaved (one int32 lane of a 512-bit register each). The layout of the
// chunk is in panel.hpp; here a chunk holds 20 inputs, and byte 4r + j of chunk c the codes of inputs 20c + 4f + j, f =
// 0 .. 4.
//
// 243 combinations fit in a byte in many ways. This one is chosen for machines that look up 64 bytes at once, because
// it takes two look-ups and no arithmetic. With the pair p = c0 + 3 c1 (0..8) and the triple t = c2 + 3 c3 + 9 c4
// (0..26):
//
//   bit      7 ............ 2   1     0
//            p + 9 (t / 4)       t mod 4          (p + 9 (t / 4) is at most 62)
//
//   trit  -1   0   +1
//   code   0   1    2        the 13 bytes that encode no five trits give code 3 for the last one, and are refused
//
// Looking up the upper six bits gives c0, c1 and t / 4; those of t / 4 with the lower two bits look up c2, c3, c4.
// 1.6 bits a weight where N is a multiple of 16 and K of 20; rows and inputs beyond are zero trits.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../core/config.hpp"
#include "codes_at.hpp"
#include "panel.hpp"

namespace ternion {

inline namespace TERNION_ABI {

/// For each value of the upper six bits: c0 at bits 0-1, t / 4 at bits 2-4, c1 at bits 6-7.
inline constexpr std::array<std::uint8_t, 64> trits5_pairs = [] {
    std::array<std::uint8_t, 64> table{};
    for (std::size_t upper = 0; upper < 63; ++upper) {
        const std::size_t p = upper % 9;
        table[upper] = static_cast<std::uint8_t>(p % 3 | upper / 9 << 2 | p / 3 << 6);
    }
    return table;
}();

/// For t in the lower five bits of the index: c2 at bits 0-1, c3 at bits 2-3, c4 at bits 4-5. Bit 5 of the index plays
/// no part.
inline constexpr std::array<std::uint8_t, 64> trits5_triples = [] {
    std::array<std::uint8_t, 64> table{};
    for (std::size_t index = 0; index < 64; ++index) {
        const std::size_t t = index % 32 < 27 ? index % 32 : 0;
        table[index] = static_cast<std::uint8_t>(t % 3 | t / 3 % 3 << 2 | t / 9 << 4);
    }
    return table;
}();

/// One of those three codes alone, `Shift` bits up.
template <std::size_t Place, int Shift>
inline constexpr std::array<std::uint8_t, 64> trits5_code = [] {
    std::array<std::uint8_t, 64> table{};
    for (std::size_t index = 0; index < 64; ++index)
        table[index] = static_cast<std::uint8_t>((trits5_triples[index] >> 2 * Place & 3) << Shift);
    return table;
}();

/// For each byte the five codes, one after the other.
inline constexpr std::array<std::array<std::uint8_t, 5>, 256> trits5_codes = [] {
    std::array<std::array<std::uint8_t, 5>, 256> table{};
    for (std::size_t byte = 0; byte < 256; ++byte) {
        const std::size_t pair = (byte >> 2) % 9, triple = (byte >> 2) / 9 * 4 + byte % 4;
        const std::size_t codes[] = {pair % 3, pair / 3, triple % 3, triple / 3 % 3, triple / 9};
        for (std::size_t q = 0; q < 5; ++q)
            table[byte][q] = static_cast<std::uint8_t>(codes[q]);
    }
    return table;
}();

}  // namespace TERNION_ABI

namespace detail {

inline namespace TERNION_ABI {

/// Whether a machine without look-ups of 64 bytes composes them of smaller ones.
template <class B>
inline constexpr bool composed_lookup64 = requires { requires B::composed_lookup64; };

/// Whether a look-up costs no more than a mask does: then each of the three codes has its own.
template <class B>
inline constexpr bool cheap_lookup64 = requires { requires B::cheap_lookup64; };

}  // namespace TERNION_ABI
}  // namespace detail

struct Trits5x16 : Panel<Trits5x16, 5> {
    static constexpr std::string_view name = "trits5x16";
    static constexpr double bits_per_weight = 1.6;

    /// Whether decoding is quick enough on B that reading fewer bytes pays: elsewhere Interleaved2x16 is faster.
    template <class B>
    static constexpr bool quick =
        requires(typename B::Bytes index) { B::lookup64(trits5_pairs, index); } && !detail::composed_lookup64<B>;

    static TERNION_INLINE constexpr std::uint32_t encode(const std::array<std::uint32_t, 5>& codes) noexcept {
        const std::uint32_t pair = codes[0] + 3 * codes[1];
        const std::uint32_t triple = codes[2] + 3 * codes[3] + 9 * codes[4];
        return (triple & 0x03030303u) | (pair + 9 * (triple >> 2 & 0x07070707u)) << 2;
    }
    static TERNION_INLINE constexpr std::uint8_t decode_byte(std::uint8_t byte, std::size_t f) noexcept {
        return trits5_codes[byte][f];
    }

    /// In the bytes that the look-ups give.
    static constexpr std::array<int, 5> place_of_code{0, 6, 0, 2, 4};

    /// Whether the codes of field F are looked up by themselves, at whatever place.
    template <class B, std::size_t F>
    static constexpr bool own_lookup = F >= 2 && detail::cheap_lookup64<B>;

    template <class B>
    struct SplitBytes {
        typename B::Bytes pairs;
        typename B::Bytes triples;  // or, where look-ups are cheap, only their index
    };

    template <class B>
    requires requires(typename B::Bytes index) { B::lookup64(trits5_pairs, index); }
    static TERNION_INLINE SplitBytes<B> split_bytes(typename B::Bytes packed) noexcept {
        const auto pairs = B::lookup64(trits5_pairs, B::template shift_right<2>(packed));
        const auto index = B::select(B::splat(3), packed, pairs);
        if constexpr (detail::cheap_lookup64<B>) {
            return {pairs, index};
        } else {
            return {pairs, B::lookup64(trits5_triples, index)};
        }
    }
    template <class B, std::size_t F, int Unit>
    static TERNION_INLINE typename B::Bytes field(const SplitBytes<B>& split) noexcept {
        if constexpr (own_lookup<B, F>) {
            return B::lookup64(trits5_code<F - 2, place_of_code[F] % Unit>, split.triples);
        } else {
            return detail::codes_at<B, place_of_code[F], Unit>(F < 2 ? split.pairs : split.triples);
        }
    }
};

}  // namespace ternion
