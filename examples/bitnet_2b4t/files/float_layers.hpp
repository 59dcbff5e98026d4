#pragma once

#include <string>

#include "tensor_format.hpp"

namespace bitnet {

/// What weights in floats that aren't ternary are taken for.
enum class Masters {
    refused,    // for no ternary model
    quantised,  // for those that a ternary model was trained with
    scaled,     // for none, because a scale stands beside them, which says that they are trits
};

/// Floats as a ternary matrix. Where they take no other values than -s, 0 and s, that is exact: s is the scale, of the
/// matrix, of a row, or of groups of 256, 128 or 64 inputs, the largest that fit. Others are quantised by absmean
/// (arXiv 2402.17764): the scale gamma is max(mean abs(w), 1e-5), a trit is w / gamma, rounded (half to even) and
/// clamped. Holds the trits itself. Throws FileError where a weight is no finite number, and for masters that are
/// refused.
TernaryTensor ternary_of(const DenseTensor& weights, Masters masters, const std::string& file);

/// Whether they are exactly ternary.
bool is_ternary(const DenseTensor& weights);

/// The rows of q and k in another order, head by head. GGUF files of architecture `llama` have a head's rows in the
/// order 0, d/2, 1, d/2 + 1, ..., for a RoPE that turns neighbours; `in_halves` gives that of one that turns i with
/// i + d/2, `in_pairs` the way back.
/// `is_rotated` tells q and k by their names.
bool is_rotated(std::string_view tensor);
TernaryTensor in_halves(const TernaryTensor& tensor, std::size_t head_dim);
TernaryTensor in_pairs(const TernaryTensor& tensor, std::size_t head_dim);

}  // namespace bitnet
