#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <memory>
#include <string>

#include "../decoder.hpp"
#include "../files/model_source.hpp"

namespace bitnet::cli {

/// The options of all subcommands that load a model.
struct ModelOptions {
    std::string path;
    bool no_mmap = false;
    int threads = 0;          // 0: as many as the machine has
    std::size_t batch = 256;  // larger ones take memory and are no faster
    std::size_t context = 0;  // 0: the model's
    std::string kv_type = "f16";
    bool screened_head = false;   // for what samples; logits and perplexity need all of them anyway
    std::size_t draft_ngram = 0;  // 0: no drafts
};

/// -m alone, for what reads a model's tokenizer only.
void add_file_options(CLI::App& command, ModelOptions& options);
/// -m, --no-mmap, -t, -b and --kv-type. `bench` has several thread counts and declares -t itself.
void add_model_options(CLI::App& command, ModelOptions& options, bool with_threads = true);
void add_context_option(CLI::App& command, ModelOptions& options);
/// --draft-ngram and --full-head, of what generates text.
void add_generation_options(CLI::App& command, ModelOptions& options);

std::unique_ptr<ModelSource> open(const ModelOptions& options);

/// A model that is ready to compute. Says on the terminal how far it is while it loads.
class Model {
 public:
    explicit Model(const ModelOptions& options) : Model(options, open(options)) {}
    /// From a source that `open` gave.
    Model(const ModelOptions& options, std::unique_ptr<ModelSource> source);
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    const ModelSource& source() const { return *source_; }
    const Weights& weights() const { return weights_; }
    const Config& config() const { return weights_.config; }
    Threads& threads() const { return threads_; }
    /// How many tokens a sequence may have: -c, or what the model was trained for.
    std::size_t context() const { return context_; }
    std::size_t draft_ngram() const { return draft_ngram_; }
    KvCache new_cache() const { return {config(), context_, kv_type_}; }

 private:
    std::unique_ptr<ModelSource> source_;
    mutable Threads threads_;  // whoever computes with a model borrows them
    KvType kv_type_;
    std::size_t context_;
    std::size_t draft_ngram_;
    Weights weights_;
};

}  // namespace bitnet::cli
