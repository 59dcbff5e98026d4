#pragma once

#include <span>
#include <vector>

#include "model.hpp"

namespace bitnet {

/// What the feed-forward part of one layer has of zeros, as shares from 0 to 1.
struct FfnZeros {
    double gate = 0;  // of the gate behind its activation: outputs of `up` that aren't needed
    double down = 0;  // of the inputs of `down` behind norm and quantizer
};

/// The zeros that each layer meets where a model reads these tokens, in the order of layers. Throws
/// std::invalid_argument for ids that the model doesn't know and where there is none, PromptTooLong, and
/// std::logic_error for a model on several ranks, which have parts of a layer.
std::vector<FfnZeros> ffn_zeros(const Model& model, std::span<const int> tokens);

}  // namespace bitnet
