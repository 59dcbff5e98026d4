#pragma once

#include <string>

#include "model_options.hpp"

namespace bitnet::cli {

/// A model, where it goes, and what its embedding then holds: "keep", or "F32", "F16", "BF16".
struct ConvertOptions {
    ModelOptions model;
    std::string output;
    std::string embedding = "keep";
};

void add_convert_options(CLI::App& command, ConvertOptions& options);

/// Writes a model as GGUF with I2_S layers; float layers are quantised by absmean, with a warning. Each tensor goes
/// through memory alone. Throws FileError, and Interrupted after a signal; then nothing stays.
void convert_model(const ModelSource& source, const ConvertOptions& options);

}  // namespace bitnet::cli
