#pragma once

// What the library's typed tests are compiled with here, in place of its own list: the packing of this example, and one
// of the library's, so that repacking crosses the border.

#include <ternion/ternion.hpp>

#include "sparse_blocks.hpp"

namespace test {

using packings = ternion::type_list<custom::SparseBlocks, ternion::Int8>;

}  // namespace test
