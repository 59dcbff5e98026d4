#pragma once

#include <string>

#include "commands.hpp"
#include "model_options.hpp"

namespace bitnet::cli {

/// A model, where it goes, and how its layers and its embedding are then stored: "keep", or a NumberFormat's name.
struct ConvertOptions {
    ModelOptions model;
    std::string output;
    std::string layers = "I2_S";
    std::string embedding = "keep";
};

/// A subcommand with these options.
void add_conversion(CLI::App& app, const char* name, const char* help, const char* example,
                    void (*run)(const ConvertOptions&));

/// Writes a model as GGUF; float layers are quantised by absmean, with a warning where the model's kind isn't trained
/// for that. Throws FileError, and Interrupted after a signal; then nothing stays.
void write_model(const ModelSource& source, const ConvertOptions& options);

}  // namespace bitnet::cli
