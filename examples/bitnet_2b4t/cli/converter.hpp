#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "../files/model_source.hpp"

namespace bitnet::cli {

/// Where a converted model goes, and what its embedding holds: "keep", or "f32", "f16", "bf16".
struct ConversionTarget {
    std::string output;
    std::string embedding = "keep";
};

void add_target_options(CLI::App& command, ConversionTarget& target);

/// Writes a model as GGUF with I2_S layers; float layers are quantised by absmean. Each tensor goes through memory
/// alone. Throws FileError, and Interrupted after Ctrl-C; then nothing stays.
void convert_model(const ModelSource& source, const ConversionTarget& target);

}  // namespace bitnet::cli
