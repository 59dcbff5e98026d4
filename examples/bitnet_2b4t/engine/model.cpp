#include <bitnet/model.hpp>
#include <stdexcept>
#include <string>
#include <utility>

#include "../compute/kernels.hpp"
#include "../files/gguf_source.hpp"
#include "model_state.hpp"

namespace bitnet {

using namespace program;
namespace {

/// The best instruction set, where none is named.
LoadOptions chosen(LoadOptions options, const ModelSource& source) {
    const std::size_t most = source.config().context;
    if (options.context > most) {
        const FileError message(source.name(), joined("a context of at most ", most, " tokens"), options.context);
        throw ContextTooLong(message.what(), most);
    }
    if (options.context == 0) options.context = most;
    if (options.isa.empty()) options.isa = known_isa_names().front();
    return options;
}

std::optional<Tokenizer> load(bool wanted, const ModelSource& source) {
    if (!wanted) return std::nullopt;
    Tokenizer tokenizer = load_tokenizer(source);
    const std::size_t vocab = source.config().vocab;
    if (tokenizer.size() <= vocab) return tokenizer;
    throw FileError(source.name(), joined("a tokenizer of at most ", vocab, " tokens, as the model has"),
                    tokenizer.size());
}

}  // namespace

void check_options(const LoadOptions& options) {
    const auto refuse = [](const char* expected, auto found) {
        throw std::invalid_argument(joined("load_model: expected ", expected, ", found ", found));
    };
    if (options.threads < 0 || options.threads > 1024) refuse("0 to 1024 threads", options.threads);
    if (options.batch < 1 || options.batch > 65536) refuse("a batch of 1 to 65536 tokens", options.batch);
    if (static_cast<std::size_t>(options.kv_type) >= kv_type_names.size())
        refuse("a type of the KV cache", static_cast<int>(options.kv_type));
    if (static_cast<std::size_t>(options.activations) >= activation_type_names.size())
        refuse("a type of activations", static_cast<int>(options.activations));
    if (options.packing != nullptr && options.ranks != nullptr && options.ranks->size() > 1)
        refuse("one rank where a packing is chosen", options.ranks->size());
    find_kernels(options.isa);
}

ModelState::ModelState(std::unique_ptr<ModelSource> opened, const LoadOptions& asked, std::uint64_t number)
    : options(chosen(asked, *opened)),
      source(std::move(opened)),
      tokenizer(load(options.tokenizer, *source)),
      threads(options.threads),
      weights(load_weights(*source, find_kernels(options.isa), threads, options.progress,
                           {.activations = options.activations,
                            .ranks = options.ranks.get(),
                            .packing = options.packing,
                            .skip_zeros = options.skip_zeros})) {
    if (!options.full_head) weights.screen.emplace(weights.head(), threads);
    options.threads = static_cast<int>(threads.concurrency());
    options.progress = {};
    if (weights.shares.ranks != nullptr && weights.shares.rank == 0) leader.emplace(options.ranks, number, weights);
}

const std::string& Model::name() const {
    return state_->source->name();
}

std::vector<std::string> Model::files() const {
    return state_->source->files();
}

const LoadOptions& Model::options() const {
    return state_->options;
}

std::size_t Model::vocabulary_size() const {
    return state_->weights.config.vocab;
}

bool Model::has_pooling() const {
    return state_->weights.config.pooling != Pooling::none;
}

const Tokenizer& Model::tokenizer() const {
    if (state_->tokenizer) return *state_->tokenizer;
    throw std::logic_error(name() + ": this model was loaded without its tokenizer");
}

Model load_model_from_memory(const std::string& name, std::span<const std::byte> gguf, const LoadOptions& options) {
    check_options(options);
    if (options.ranks != nullptr && options.ranks->size() > 1)
        throw std::invalid_argument("load_model_from_memory: expected one rank, found several, which read files");
    auto source = std::make_unique<GgufSource>(std::make_unique<MappedFile>(name, gguf));
    check_shapes(*source);
    return Model(std::make_shared<const ModelState>(std::move(source), options));
}

std::vector<std::string> known_isa_names() {
    std::vector<std::string> names;
    for (const auto& [name, available] : known_isas()) {
        if (available) names.emplace_back(name);
    }
    return names;
}

}  // namespace bitnet
