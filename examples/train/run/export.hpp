#pragma once

#include <string>

#include "../model/network.hpp"

namespace train {

/// Writes the model as GGUF with I2_S layers, as BitNet's files are, which bitnet-2b4t loads. Its logits are those of
/// the training's forward pass, to float rounding. Real weights are written as floats, which bitnet-2b4t quantises when
/// it loads them. Throws program::FileError.
void export_gguf(const std::string& path, const std::string& name, const Recipe& recipe, Network& network,
                 std::span<const float> weights, const bitnet::Vocabulary& vocabulary);
/// The same with the master weights as floats: to train on from.
void export_masters(const std::string& path, const std::string& name, Recipe recipe, Network& network,
                    std::span<const float> weights, const bitnet::Vocabulary& vocabulary);

}  // namespace train
