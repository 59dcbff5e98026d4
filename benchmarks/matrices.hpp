#pragma once

#include <cstddef>
#include <cstdint>
#include <ternion/ternion.hpp>
#include <vector>

#include "memory.hpp"
#include "packings.hpp"

namespace bench {

/// Random trits of a matrix, always the same for a shape; kept for the whole run.
const std::vector<std::int8_t>& trits_of(ternion::Shape shape);

/// That matrix in a packing.
Content packed(const BenchedPacking& packing, ternion::Shape shape);

/// Random floats between -1 and 1.
std::vector<float> random_floats(std::size_t count);

/// Random activations of m tokens.
ternion::QuantizedActivations random_activations(std::size_t m, std::size_t k);

/// "2560x6912": N x K, as in the names of benchmarks.
std::string name_of(ternion::Shape shape);

}  // namespace bench
