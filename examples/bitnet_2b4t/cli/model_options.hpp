#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../files/model_source.hpp"
#include "../model/decoder.hpp"

namespace bitnet::cli {

/// The options of all subcommands that load a model.
struct ModelOptions {
    std::string path;
    bool no_mmap = false;
    int threads = 0;          // 0: as many as the machine has
    std::size_t batch = 256;  // larger ones take memory and are no faster
    std::size_t context = 0;  // 0: the model's
    std::string kv_type = "f16";
    std::string isa;        // empty: the best
    bool full_head = true;  // what samples needs the likeliest only
};

/// -m alone, for what reads a model's tokenizer only.
void add_file_options(CLI::App& command, ModelOptions& options);
/// All but -t and -c, which `bench` has otherwise: -m, --no-mmap, --arch, -b and --kv-type.
void add_bench_model_options(CLI::App& command, ModelOptions& options);
void add_model_options(CLI::App& command, ModelOptions& options);

std::unique_ptr<ModelSource> open(const ModelOptions& options);

enum class Parts { weights, weights_and_tokenizer };

/// A model that is ready to compute. Says on the terminal how far it is while it loads. Throws FileError, also where
/// there should be a tokenizer and is none, or one with ids that the model doesn't know.
class Model {
 public:
    explicit Model(const ModelOptions& options, Parts parts = Parts::weights);
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    const ModelSource& source() const { return *source_; }
    /// The file, for messages.
    const std::string& name() const { return source_->name(); }
    const ModelOptions& options() const { return options_; }
    const Tokenizer& tokenizer() const { return *tokenizer_; }
    const Weights& weights() const { return weights_; }
    const Config& config() const { return weights_.config; }
    ternion::ThreadPool& threads() const { return threads_; }
    /// How many tokens a sequence may have: -c, or what the model was trained for.
    std::size_t context() const { return context_; }
    KvCache new_cache() const;

 private:
    ModelOptions options_;
    std::unique_ptr<ModelSource> source_;
    std::optional<Tokenizer> tokenizer_;
    std::size_t context_;
    mutable ternion::ThreadPool threads_;  // whoever computes with a model borrows them
    Weights weights_;
};

/// The ids of a text, behind BOS where the model has one.
std::vector<int> encode_with_bos(const Tokenizer& tokenizer, std::string_view text, bool parse_special = false);

}  // namespace bitnet::cli
