#pragma once

// BitPlanes: a plane of bits says which weights aren't zero, another which of those are negative. A row is a sequence
// of blocks of 64 inputs in 16 bytes (plane_rows.hpp); bit i of byte j of a plane belongs to input 64b + 8j + i:
//
//   byte     0 .. 7                         8 .. 15
//          | nonzero, 64 bits             | negative, 64 bits            |
//
//   trit      -1   0   +1
//   nonzero    1   0    1
//   negative   1   0    0       negative without nonzero encodes no trit, and is refused
//
// 2 bits a weight where K is a multiple of 64; inputs beyond are zero trits, and there are no rows beyond N. A kernel
// needs no multiplication: activations are added and subtracted under the masks. Source: our own; masks for additions
// are what BitNet (arXiv 2310.11453, 2402.17764) says ternary weights leave of a product.

#include <string_view>

#include "plane_rows.hpp"

namespace ternion {

struct BitPlanes : PlaneRows<true> {
    static constexpr std::string_view name = "bit_planes";
};

}  // namespace ternion
