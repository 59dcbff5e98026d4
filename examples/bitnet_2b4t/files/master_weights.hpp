#pragma once

#include <string>

#include "model_source.hpp"

namespace bitnet {

/// Weights as they were trained, quantised by absmean (arXiv 2402.17764): the scale gamma is max(mean abs(w), 1e-5), a
/// trit is w / gamma, rounded (half to even) and clamped. Reads the whole matrix once for gamma; throws FileError where
/// a weight is no finite number.
TernaryTensor quantize_master(const DenseTensor& weights, const std::string& file);

}  // namespace bitnet
