#pragma once

// TwoBitRows: 2 bits a trit, rows that can be read alone: a row is a sequence of units of 64 bytes, which hold 256
// weights (unit_rows.hpp):
//
//   bit       7     6      5     4      3    2      1    0
//   weight  256u+192+b   256u+128+b   256u+64+b    256u+b        for byte b of unit u
//
//   trit  -1   0   +1
//   code   0   1    2        3 never occurs
//
// 2 bits a weight where K is a multiple of 256; weights past the end of a row are zero trits.

#include <string_view>

#include "interleaved2x16.hpp"
#include "two_bit.hpp"
#include "unit_rows.hpp"

namespace ternion {

struct TwoBitRows : UnitRows<Interleaved2x16> {
    static constexpr std::string_view name = "two_bit_rows";
    static constexpr double bits_per_weight = 2.0;

    static TERNION_INLINE bool valid(Shape shape, const std::byte* data) noexcept {
        return detail::no_code_is_3(data, bytes(shape));
    }
};

}  // namespace ternion
