#pragma once

// Binary: the weights of BitNet v1, -1 and +1 alone, in a plane of sign bits. A row is a sequence of blocks of 64
// inputs in 8 bytes (plane_rows.hpp); bit i of byte j belongs to input 64b + 8j + i:
//
//   byte     0 .. 7
//          | negative, 64 bits            |
//
//   trit  -1   +1
//   bit    1    0       zero has no encoding: packing one is refused
//
// 1 bit a weight where K is a multiple of 64. Inputs beyond have the bit 0 and multiply nothing; there are no rows
// beyond N. Source: BitNet, arXiv 2310.11453, section 2.1; the layout is our own.

#include <string_view>

#include "plane_rows.hpp"

namespace ternion {

struct Binary : PlaneRows<false> {
    static constexpr std::string_view name = "binary";
};

}  // namespace ternion
