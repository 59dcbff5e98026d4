#pragma once

#include <string>

#include "../model/network.hpp"

namespace train {

/// Writes the model as GGUF with I2_S layers, as BitNet's files are, which bitnet-2b4t loads. Its logits are those of
/// the training's forward pass, to float rounding. Throws bitnet::FileError, and std::logic_error for real weights,
/// which have no such file.
void export_gguf(const std::string& path, const std::string& name, const Recipe& recipe, Network& network,
                 std::span<const float> weights, const bitnet::Vocabulary& vocabulary);

}  // namespace train
