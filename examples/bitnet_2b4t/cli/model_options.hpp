#pragma once

#include <bitnet/model.hpp>
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "../files/model_source.hpp"

namespace bitnet::cli {

/// The options of all subcommands that load a model.
struct ModelOptions {
    std::string path;
    std::string kv_type = "f16";
    std::string activations = "auto";
    std::string packing;    // empty: chosen for the machine
    std::string synthetic;  // a size, for random weights instead of a file
    bool no_mmap = false;
    bool no_skip_zeros = false;
    LoadOptions load = {.full_head = true};  // what samples needs the likeliest only
};

/// -m alone, for what reads a model's tokenizer only.
void add_file_options(CLI::App& command, ModelOptions& options);
/// All but -t and -c, which `bench` has otherwise: -m, --no-mmap, --isa, --packing, -b, --activations,
/// --no-skip-zeros and --kv-type.
void add_bench_model_options(CLI::App& command, ModelOptions& options);
void add_model_options(CLI::App& command, ModelOptions& options);

std::unique_ptr<ModelSource> open(const ModelOptions& options, Masters masters = Masters::refused);

enum class Parts { weights, weights_and_tokenizer };

/// Loads a model, and says on the terminal how far it is.
Model load(const ModelOptions& options, Parts parts = Parts::weights);

/// For what is to end by a signal that an Interrupt has noted: throws Interrupted.
bool check_interrupt();

/// Throws FileError for an id that the model doesn't know.
void check_ids(const Model& model, const std::vector<int>& ids);

}  // namespace bitnet::cli
