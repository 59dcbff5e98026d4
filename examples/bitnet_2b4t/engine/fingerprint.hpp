#pragma once

#include <cstdint>

namespace bitnet {

struct ModelState;

/// A number that tells models apart: FNV-1a of the sizes, of all norms, of each ternary matrix times a vector of noise,
/// and of a thousand rows of the embedding. Every ternary weight counts, and since such products are exact, the same
/// model has the same number on every machine, in every packing and on any number of ranks. It takes as long as a
/// token. All ranks call it at once; rank 0 alone gets the number.
std::uint64_t fingerprint(const ModelState& model);

}  // namespace bitnet
