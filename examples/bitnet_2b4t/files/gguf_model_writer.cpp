#include "gguf_model_writer.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <vector>

#include "../tokenizer/printable_bytes.hpp"

namespace bitnet {
namespace {

std::int32_t type_of(TokenKind kind) {
    switch (kind) {
        case TokenKind::text:
            return 1;
        case TokenKind::special:
            return 3;
        default:
            return 5;
    }
}

void add_id(GgufWriter& writer, std::string_view key, int id) {
    if (id >= 0) writer.add(key, static_cast<std::uint32_t>(id));
}

std::vector<std::string> merge_texts(const Vocabulary& vocabulary) {
    std::vector<Merge> merges = vocabulary.merges;
    const auto key = [](const Merge& m) { return std::tuple(m.rank, m.left, m.right); };
    std::sort(merges.begin(), merges.end(), [&](const Merge& a, const Merge& b) { return key(a) < key(b); });
    std::vector<std::string> texts;
    texts.reserve(merges.size());
    for (const Merge& merge : merges) {
        texts.push_back(to_printable(vocabulary.bytes(merge.left)) + " " + to_printable(vocabulary.bytes(merge.right)));
    }
    return texts;
}

}  // namespace

void add_sizes(GgufWriter& writer, const Config& config, std::string_view name) {
    const auto add = [&](const char* key, auto value) { writer.add(std::string("bitnet-b1.58.") + key, value); };
    const auto add_size = [&](const char* key, std::size_t size) { add(key, static_cast<std::uint32_t>(size)); };
    writer.add("general.architecture", "bitnet-b1.58");
    writer.add("general.name", name);
    writer.add("general.file_type", gguf_file_type_i2s);
    writer.add("general.quantization_version", std::uint32_t{2});
    add_size("vocab_size", config.vocab);
    add_size("context_length", config.context);
    add_size("embedding_length", config.hidden);
    add_size("block_count", config.layers);
    add_size("feed_forward_length", config.ffn);
    add_size("rope.dimension_count", config.head_dim);
    add_size("attention.head_count", config.heads);
    add_size("attention.head_count_kv", config.kv_heads);
    add("attention.layer_norm_rms_epsilon", config.norm_eps);
    add("rope.freq_base", config.rope_theta);
}

void declare(GgufWriter& writer, const ModelTensor& tensor, std::uint32_t type, std::uint64_t bytes) {
    const std::array<std::uint64_t, 2> dims = {tensor.cols, tensor.rows};
    writer.declare(tensor.name, type, std::span(dims).first(tensor.kind == ModelTensor::Kind::norm ? 1 : 2), bytes);
}

void add_vocabulary(GgufWriter& writer, const Vocabulary& vocabulary) {
    std::vector<std::string> tokens;
    std::vector<std::int32_t> types;
    for (int id = 0; id < static_cast<int>(vocabulary.size()); ++id) {
        const TokenKind kind = vocabulary.kind(id);
        const std::string_view bytes = vocabulary.bytes(id);
        tokens.push_back(kind == TokenKind::text ? to_printable(bytes) : std::string(bytes));
        types.push_back(type_of(kind));
    }
    writer.add("tokenizer.ggml.model", "gpt2");
    writer.add("tokenizer.ggml.pre", "llama-bpe");
    writer.add("tokenizer.ggml.tokens", tokens);
    writer.add("tokenizer.ggml.token_type", types);
    writer.add("tokenizer.ggml.merges", merge_texts(vocabulary));
    add_id(writer, "tokenizer.ggml.bos_token_id", vocabulary.bos);
    add_id(writer, "tokenizer.ggml.eos_token_id", vocabulary.eos);
    add_id(writer, "tokenizer.ggml.eot_token_id", vocabulary.end_of_turn);
    writer.add("tokenizer.ggml.add_bos_token", true);
}

}  // namespace bitnet
