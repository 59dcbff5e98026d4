#pragma once

// Trits5Rows: five trits in a byte, rows that can be read alone: a row is a sequence of units of 64 bytes, which hold
// 320 weights (unit_rows.hpp). Byte b of unit u has the codes of weights
//
//   320u + b, 320u + 64 + b, 320u + 128 + b, 320u + 192 + b, 320u + 256 + b
//
// in the encoding of trits5x16.hpp: c0 .. c4, in this order. 1.6 bits a weight where K is a multiple of 320; weights
// past the end of a row are zero trits. For products over a list of rows.

#include <string_view>

#include "trits5x16.hpp"
#include "unit_rows.hpp"

namespace ternion {

struct Trits5Rows : UnitRows<Trits5x16> {
    static constexpr std::string_view name = "trits5_rows";
    static constexpr double bits_per_weight = 1.6;
    template <class B>
    static constexpr bool quick = Trits5x16::quick<B>;
};

}  // namespace ternion
