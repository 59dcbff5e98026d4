#include <algorithm>
#include <array>
#include <bitnet/conversation.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>

#include <program/io/mapped_file.hpp>
#include <program/io/output_file.hpp>
#include "fnv1a.hpp"
#include "session_state.hpp"

namespace bitnet {

using namespace program;
namespace {

template <class Layer>
void add_product(Fnv1a& hash, const Layer& layer, ternion::ThreadPool& threads) {
    std::mt19937 random(1);
    ternion::QuantizedActivations noise;
    noise.resize(1, layer.inputs());
    std::int32_t sum = 0;
    for (std::size_t k = 0; k < layer.inputs(); ++k)
        sum += noise.mutable_row(0)[k] = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
    noise.set(0, 1, sum);
    if (ternion::weights_need_group_sums(layer.weights())) ternion::sum_groups(noise);
    std::vector<float> products(layer.outputs());
    const ternion::Output<float> out{products.data(), layer.outputs()};
    ternion::multiply_weights(layer.weights(), noise, {0, layer.outputs()}, out, threads);
    hash.add<float>(products);
}

void add_some_rows(Fnv1a& hash, const Embedding& table) {
    std::vector<float> row(table.hidden());
    for (std::size_t i = 0; i < table.vocab(); i += ternion::ceil_div(table.vocab(), std::size_t{1000})) {
        table.read(i, row);
        hash.add<float>(row);
    }
}

/// A number that tells models apart: FNV-1a of the sizes, of all norms, of each ternary matrix times a vector of noise,
/// and of a thousand rows of the embedding. Every ternary weight counts, and since such products are exact, the same
/// model has the same number on every machine and in every packing. It takes as long as a token.
std::uint64_t fingerprint(const ModelState& model) {
    Fnv1a hash;
    const Weights& weights = model.weights;
    const Config& c = weights.config;
    hash.add<std::size_t>(std::array{c.layers, c.hidden, c.ffn, c.heads, c.kv_heads, c.head_dim, c.vocab});
    hash.add<float>(std::array{c.norm_eps, c.rope_theta});
    // What 2B4T has isn't hashed, so that conversations that were saved before there was a choice still load.
    if (c.activation != Activation::squared_relu)
        hash.add<std::size_t>(std::array{static_cast<std::size_t>(c.activation)});
    if (c.bit_linear != BitLinearKind::b158) hash.add<std::size_t>(std::array{static_cast<std::size_t>(c.bit_linear)});
    hash.add(weights.output_norm.weight());
    for (const LayerWeights& layer : weights.layers) {
        const auto add_norm = [&](const InputNorm* norm) {
            if (norm != nullptr) hash.add(norm->rms().weight());
        };
        add_norm(&layer.attn_norm.norm());
        add_norm(layer.o.norm().norm());
        add_norm(&layer.ffn_norm.norm());
        add_norm(layer.down.norm().norm());
        for (const Linear* matrix : {&layer.q, &layer.k, &layer.v})
            add_product(hash, *matrix, model.threads);
        add_product(hash, layer.o, model.threads);
        for (const Linear* matrix : {&layer.gate, &layer.up})
            add_product(hash, *matrix, model.threads);
        add_product(hash, layer.down, model.threads);
    }
    for (const Embedding* table : {&weights.embedding, &weights.head()})
        add_some_rows(hash, *table);
    return hash.value;
}

// A saved conversation: the mark, a fingerprint of the model and the KV cache's type, the numbers of tokens in the
// cache, of those that follow them, and of the first of all that are no turn; the tokens; and the cache's blocks as
// they lie in memory.
struct Header {
    std::array<char, 8> mark{'T', 'E', 'R', 'N', 'K', 'V', '0', '3'};
    std::uint64_t model;
    std::uint64_t cache_type;
    std::uint64_t tokens;
    std::uint64_t pending;
    std::uint64_t opening;
};

Header header_of(const SessionState& session, std::size_t opening) {
    return {.model = fingerprint(session.parts()),
            .cache_type = static_cast<std::uint64_t>(session.cache.format().type()),
            .tokens = session.tokens.size(),
            .pending = session.pending.size(),
            .opening = opening};
}

/// What is there and no saved conversation is somebody's work: a model, a letter.
void check_replaceable(const std::string& path) {
    std::error_code ignored;  // what can't be reached can't be replaced either
    if (!std::filesystem::is_regular_file(path, ignored)) return;
    std::string mark(6, ' ');
    std::ifstream(path, std::ios::binary).read(mark.data(), 6);
    if (mark != "TERNKV") throw FileError(path, "a new file or a saved conversation to replace", "another file");
}

/// A file has all of a KV cache, of which each rank has a part.
void check_alone(const std::string& path, const SessionState& session) {
    if (!session.parts().leader) return;
    throw FileError(path, "a conversation on one rank to be saved or restored", session.parts().weights.shares.count());
}

}  // namespace

void Conversation::save(const std::string& path) const {
    check_alone(path, session_.state());
    check_replaceable(path);
    OutputFile file(path);
    const SessionState& session = session_.state();
    const Header header = header_of(session, opening_);
    file.write(std::as_bytes(std::span(&header, 1)));
    for (const std::vector<int>* ids : {&session.tokens, &session.pending})
        file.write(std::as_bytes(std::span(*ids)));
    for (std::size_t i = 0; i < session.cache.blocks(); ++i)
        file.write(session.cache.memory(i));
    file.finish();
}

void Conversation::load(const std::string& path) {
    check_alone(path, session_.state());
    const auto refuse = [&](std::string_view expected, const auto& found) { throw FileError(path, expected, found); };
    const MappedFile file(path, MappedFile::Mode::read);
    const std::size_t size = file.bytes().size();
    if (size < sizeof(Header)) refuse("a saved conversation", joined(size, " bytes"));
    const auto header = bitnet::load<Header>(file.bytes().data());
    SessionState& session = session_.state();
    const Header own = header_of(session, opening_);
    if (header.mark != own.mark) refuse("a saved conversation", in_quotes(file.text().substr(0, 8)));
    if (header.model != own.model) refuse("a conversation with this model", "one with another");
    if (header.cache_type != own.cache_type)
        throw OtherKvType(FileError(path, "a KV cache of the type in use", "another").what());
    const std::size_t most = session_.model().context();
    if (header.tokens > most || header.pending > most) {
        refuse(joined("at most ", most, " tokens, the context"), std::max(header.tokens, header.pending));
    }
    std::vector<int> tokens(header.tokens + header.pending);
    if (header.opening > tokens.size())
        refuse(joined("an opening of at most ", tokens.size(), " tokens"), header.opening);
    const auto ids = std::as_writable_bytes(std::span(tokens));
    const std::size_t cache_begin = sizeof(Header) + ids.size();
    const std::size_t whole = cache_begin + session.cache.bytes_of(header.tokens);
    if (size != whole) refuse(joined(whole, " bytes"), size);
    std::ranges::copy(file.bytes().subspan(sizeof(Header), ids.size()), ids.begin());
    const std::size_t vocab = session_.model().vocabulary_size();
    for (const int token : tokens) {
        if (static_cast<std::size_t>(token) >= vocab) refuse(joined("token ids below ", vocab), token);
    }
    const std::vector<int> pending(tokens.end() - static_cast<std::ptrdiff_t>(header.pending), tokens.end());
    tokens.resize(header.tokens);
    if (!session.restore(std::move(tokens), file.bytes().subspan(cache_begin))) {
        refuse("finite numbers in the KV cache", "NaN or infinity");
    }
    session.pending = pending;
    opening_ = header.opening;
}

}  // namespace bitnet
