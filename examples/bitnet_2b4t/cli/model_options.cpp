#include "model_options.hpp"

#include <algorithm>

#include <program/cli/command_line.hpp>
#include <program/cli/number_option.hpp>
#include <program/cli/output.hpp>
#include "../compute/kernels.hpp"

namespace bitnet::cli {
namespace {

std::size_t checked_context(std::size_t asked, const ModelSource& source) {
    const std::size_t most = source.config().context;
    if (asked <= most) return asked == 0 ? most : asked;
    throw FileError(source.name(), joined("a context of at most ", most, " tokens (-c)"), asked);
}

std::optional<Tokenizer> load(Parts parts, const ModelSource& source) {
    if (parts == Parts::weights) return std::nullopt;
    Tokenizer tokenizer = load_tokenizer(source);
    const std::size_t vocab = source.config().vocab;
    if (tokenizer.size() <= vocab) return tokenizer;
    throw FileError(source.name(), joined("a tokenizer of at most ", vocab, " tokens, as the model has"),
                    tokenizer.size());
}

Weights load(const ModelSource& source, const Kernels& kernels, ternion::ThreadPool& threads, bool full_head) {
    Progress progress("loading");
    Weights weights = load_weights(source, kernels, threads,
                                   [&](std::size_t done, std::size_t total) { progress.update(done, total); });
    if (!full_head) weights.screen.emplace(weights.head(), threads);
    return weights;
}

/// What is wrong with the name of an instruction set; nothing where it can be used.
std::string check_isa(const std::string& name) {
    try {
        find_kernels(name);
        return {};
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
}

}  // namespace

void add_file_options(CLI::App& command, ModelOptions& options) {
    add_file(command, "-m,--model", options.path, "GGUF file, or Hugging Face folder or model.safetensors")->required();
    command.add_flag("--no-mmap", options.no_mmap, "read the file into memory instead of mapping it");
}

void add_bench_model_options(CLI::App& command, ModelOptions& options) {
    add_file_options(command, options);
    command.add_option("--arch", options.isa, "instruction set, of those that `arch` lists (default: the best)")
        ->check(CLI::Validator(check_isa, "", ""))
        ->type_name("NAME");
    add_number(command, "-b,--batch-size", options.batch, "tokens of a prompt that are processed at once", 1, 65536);
    command.add_option("--kv-type", options.kv_type, "numbers of the KV cache: f32, f16, i8, i4 or i3")
        ->check(CLI::IsMember(std::vector<std::string>(kv_type_names.begin(), kv_type_names.end())).description(""))
        ->type_name("TYPE")
        ->capture_default_str();
}

void add_model_options(CLI::App& command, ModelOptions& options) {
    add_bench_model_options(command, options);
    add_number(command, "-t,--threads", options.threads, "threads (default: all that the machine has)", 1, 256);
    add_number(command, "-c,--ctx-size", options.context, "longest sequence in tokens (default, or 0: the model's)", 0,
               1 << 24)
        ->default_str("");
}

std::unique_ptr<ModelSource> open(const ModelOptions& options) {
    return open_model(options.path, !options.no_mmap);
}

Model::Model(const ModelOptions& options, Parts parts)
    : options_(options),
      source_(open(options)),
      tokenizer_(load(parts, *source_)),
      context_(checked_context(options.context, *source_)),
      threads_(options.threads),
      weights_(load(*source_, find_kernels(options.isa), threads_, options.full_head)) {}

KvCache Model::new_cache() const {
    const auto type = std::ranges::find(kv_type_names, options_.kv_type) - kv_type_names.begin();
    return {config(), context(), static_cast<KvType>(type)};
}

std::vector<int> encode_with_bos(const Tokenizer& tokenizer, std::string_view text, bool parse_special) {
    std::vector<int> ids = tokenizer.encode(text, parse_special);
    if (tokenizer.bos() >= 0) ids.insert(ids.begin(), tokenizer.bos());
    return ids;
}

}  // namespace bitnet::cli
