#include "model_options.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "../compute/kernels.hpp"
#include "in_range.hpp"
#include "progress.hpp"

namespace bitnet::cli {

namespace {

std::size_t checked_context(const ModelOptions& options, const ModelSource& source) {
    const std::size_t most = source.config().context;
    if (options.context > most) {
        throw FileError(source.name(), "a context of at most " + std::to_string(most) + " tokens (-c)",
                        std::to_string(options.context));
    }
    return options.context == 0 ? most : options.context;
}

Weights load(const ModelSource& source, Threads& threads, bool screened_head) {
    Progress progress("loading");
    Weights weights =
        load_weights(source, threads, [&](std::size_t done, std::size_t total) { progress.update(done, total); });
    if (screened_head) weights.screen.emplace(weights.head(), threads);
    return weights;
}

KvType kv_type_of(const std::string& name) {
    return static_cast<KvType>(std::ranges::find(kv_type_names, name) - kv_type_names.begin());
}

/// Takes effect at once; `open` comes later.
void add_arch_option(CLI::App& command) {
    const auto choose = [](const std::string& name) {
        try {
            use_arch(name);
        } catch (const std::invalid_argument& e) {
            return std::string(e.what());
        }
        return std::string();
    };
    command
        .add_option_function<std::string>(
            "--arch", [](const std::string&) {}, "instruction set, of those that `arch` lists (default: the best)")
        ->check(CLI::Validator(choose, "", "arch"))
        ->type_name("NAME");
}

}  // namespace

void add_file_options(CLI::App& command, ModelOptions& options) {
    command.add_option("-m,--model", options.path, "GGUF file, or Hugging Face folder or model.safetensors")
        ->required()
        ->type_name("FILE");
    command.add_flag("--no-mmap", options.no_mmap, "read the file into memory instead of mapping it");
}

void add_model_options(CLI::App& command, ModelOptions& options, bool with_threads) {
    add_file_options(command, options);
    add_arch_option(command);
    if (with_threads) {
        command.add_option("-t,--threads", options.threads, "threads (default: all that the machine has)")
            ->check(in_range(1, 256))
            ->type_name("N");
    }
    command.add_option("-b,--batch-size", options.batch, "tokens of a prompt that are processed at once")
        ->check(in_range(1, 65536))
        ->type_name("N")
        ->capture_default_str();
    command.add_option("--kv-type", options.kv_type, "numbers of the KV cache: f32, f16, i8, i4 or i3")
        ->check(CLI::IsMember(std::vector<std::string>(kv_type_names.begin(), kv_type_names.end())))
        ->type_name("TYPE")
        ->capture_default_str();
}

void add_context_option(CLI::App& command, ModelOptions& options) {
    command.add_option("-c,--ctx-size", options.context, "longest sequence in tokens (default, or 0: the model's)")
        ->check(in_range(0, 1 << 24))
        ->type_name("N");
}

void add_generation_options(CLI::App& command, ModelOptions& options) {
    options.screened_head = true;
    command
        .add_option("--draft-ngram", options.draft_ngram,
                    "guess what follows from where the last N tokens stood before; the text stays the same; 0: off")
        ->check(in_range(0, 64))
        ->type_name("N")
        ->capture_default_str();
    command.add_flag("!--full-head", options.screened_head,
                     "compute all logits instead of those that can matter; the text stays the same");
}

std::unique_ptr<ModelSource> open(const ModelOptions& options) {
    return open_model(options.path, !options.no_mmap);
}

Model::Model(const ModelOptions& options, std::unique_ptr<ModelSource> source)
    : source_(std::move(source)),
      threads_(options.threads),
      kv_type_(kv_type_of(options.kv_type)),
      context_(checked_context(options, *source_)),
      draft_ngram_(options.draft_ngram),
      weights_(load(*source_, threads_, options.screened_head)) {}

}  // namespace bitnet::cli
