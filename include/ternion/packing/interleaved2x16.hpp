#pragma once

// Interleaved2x16: 2 bits a trit, 16 rows interleaved (one int32 lane of a 512-bit register each). The layout of the
// chunk is in panel.hpp; here a chunk holds 16 inputs, and a byte the codes of four inputs that lie four apart:
//
//   bit      7   6     5   4     3   2     1   0
//   input   16c+12+j  16c+8+j   16c+4+j   16c+j          for byte 4r + j of chunk c
//
//   trit  -1   0   +1
//   code   0   1    2        3 never occurs
//
// A kernel may multiply a code where it stands: masked but not shifted it is code * 4^f, and the sum is divided at the
// end. 2 bits a weight where N is a multiple of 16 and K of 16; rows and inputs beyond are zero trits.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../core/config.hpp"
#include "codes_at.hpp"
#include "panel.hpp"

namespace ternion {

struct Interleaved2x16 : Panel<Interleaved2x16, 4> {
    static constexpr std::string_view name = "interleaved2x16";
    static constexpr double bits_per_weight = 2.0;

    static TERNION_INLINE constexpr std::uint32_t encode(const std::array<std::uint32_t, 4>& codes) noexcept {
        return codes[0] | codes[1] << 2 | codes[2] << 4 | codes[3] << 6;
    }
    static TERNION_INLINE constexpr std::uint8_t decode_byte(std::uint8_t byte, std::size_t f) noexcept {
        return static_cast<std::uint8_t>(byte >> (2 * f) & 3);
    }

    static constexpr std::array<int, 4> place_of_code{0, 2, 4, 6};

    template <class B>
    static TERNION_INLINE typename B::Bytes split_bytes(typename B::Bytes packed) noexcept {
        return packed;
    }
    template <class B, std::size_t F, int Unit>
    static TERNION_INLINE typename B::Bytes field(typename B::Bytes packed) noexcept {
        return detail::codes_at<B, place_of_code[F], Unit>(packed);
    }
};

}  // namespace ternion
