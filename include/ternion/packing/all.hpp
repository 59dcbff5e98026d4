#pragma once

// The one list of packings: tests, benchmarks and look-ups by name run over it. A new packing is its file and its
// entry. Those that have no zero stand in a list of their own.

#include "../core/type_list.hpp"
#include "binary.hpp"
#include "bit_planes.hpp"
#include "by_input.hpp"
#include "hugging_face.hpp"
#include "i2s.hpp"
#include "int8.hpp"
#include "interleaved2x16.hpp"
#include "packing.hpp"
#include "pair_lookup.hpp"
#include "q2_0.hpp"
#include "tq1_0.hpp"
#include "tq2_0.hpp"
#include "triple_lookup.hpp"
#include "trits5_rows.hpp"
#include "trits5x16.hpp"
#include "two_bit_rows.hpp"

namespace ternion {

using all_packings = type_list<Int8, I2S, TQ1_0, TQ2_0, Q2_0, HuggingFace, Interleaved2x16, Trits5x16, PairLookup,
                               TripleLookup, BitPlanes, Trits5Rows, ByInput<Trits5Rows>, ByInput<TwoBitRows>>;

/// Packings of -1 and +1 alone: they can't hold what the packings above can, but do the same with what they hold.
using binary_packings = type_list<Binary>;

}  // namespace ternion
