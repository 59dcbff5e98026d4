#pragma once

#include <bitnet/session.hpp>
#include <CLI/CLI.hpp>
#include <optional>
#include <string_view>

#include <program/cli/output.hpp>
#include "model_options.hpp"

namespace bitnet::cli {

/// The options of what generates text beside the model's: -n, --draft-ngram, --full-head and those of the sampler, as
/// llama.cpp has them.
struct TextOptions {
    GenerationOptions generation;
    long long seed = -1;  // -1: a different one each time

    /// With the seed that was asked for, or a random one; a signal that an Interrupt notes cancels it, and a long
    /// prompt shows on the terminal how far it has been read.
    GenerationOptions made() const;
};
void add_generation_options(CLI::App& command, ModelOptions& model, TextOptions& options);

/// --special and --no-special: whether the names of special tokens in a text are these tokens. They are, by default, as
/// in llama.cpp.
void add_special_options(CLI::App& command, bool& special);

/// Where generated text goes: to standard output as it comes, or at its end, with its figures, as JSON on one line.
class GeneratedText {
 public:
    explicit GeneratedText(bool json, program::VisibleText visible = {}) : json_(json), visible_(std::move(visible)) {}

    /// For generation.
    OnPiece on_piece();
    /// `end` follows a text that is no JSON.
    void finish(const Generation& made, const char* end = "\n");

 private:
    bool json_;
    program::VisibleText visible_;
};

}  // namespace bitnet::cli
