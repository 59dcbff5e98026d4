#pragma once

#include <optional>
#include <program/cli/command_line.hpp>
#include <string>
#include <vector>

#include "../model/recipe.hpp"

namespace train::cli {

/// What a run does, from the command line.
struct TrainingOptions {
    Recipe recipe;
    std::optional<bitnet::BitLinearKind> family;  // nothing: the model's
    std::optional<Weights> weights;               // nothing: the family's
    std::size_t epochs = 0;                       // 0: recipe.steps decides
    std::string output, name = "ternion small model";
    int threads = 0;
    std::size_t test_every = 500;
    bool masters = false;
    bool recompute = false;

    std::string model, reference;  // to go on from, and to compare with
    std::string tokenizer;         // of this model; empty: of `model`, or bytes
    std::string chat_template;     // empty: the tokenizer's
    std::vector<std::string> texts;
    std::string dialogues, pairs;     // JSON lines; no file at all: dialogues that the program makes
    std::vector<std::string> second;  // of the second stage, of the same kind
    std::string held_out;
    double held_out_share = 0.05;

    bool own_data() const { return !texts.empty() || !dialogues.empty() || !pairs.empty(); }
    /// Of texts there is no right answer.
    bool counts_right() const { return texts.empty(); }
    std::vector<std::string> files() const {
        return !texts.empty() ? texts : std::vector<std::string>{pairs.empty() ? dialogues : pairs};
    }
};

// Groups of options that commands share.
void add_run_options(CLI::App& command, TrainingOptions& options);
void add_recipe_options(CLI::App& command, TrainingOptions& options);
void add_size_options(CLI::App& command, bitnet::Config& sizes);
void add_held_out_options(CLI::App& command, TrainingOptions& options);
void add_family_options(CLI::App& command, TrainingOptions& options);

}  // namespace train::cli
