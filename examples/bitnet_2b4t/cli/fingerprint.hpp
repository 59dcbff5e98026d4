#pragma once

#include <cstdint>

#include "model_options.hpp"

namespace bitnet::cli {

/// A number that tells models apart: FNV-1a of the sizes, of all norms, of each ternary matrix times a vector of noise,
/// and of a thousand rows of the embedding. Every ternary weight counts, and since such products are exact, the same
/// model has the same number on every machine and in every packing. It takes as long as a token.
std::uint64_t fingerprint(const Model& model);

}  // namespace bitnet::cli
