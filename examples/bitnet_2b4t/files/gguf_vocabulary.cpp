#include "gguf_vocabulary.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

#include "../tokenizer/printable_bytes.hpp"

namespace bitnet {

using namespace program;
namespace {

constexpr const char* tokens_key = "tokenizer.ggml.tokens";

void check_model(const Gguf& gguf) {
    if (!gguf.contains(tokens_key)) throw FileError(gguf.file(), "a tokenizer", "none");
    if (const auto model = gguf.text("tokenizer.ggml.model"); model != "gpt2") {
        throw FileError(gguf.file(), "a tokenizer of model \"gpt2\"", in_quotes(model));
    }
    if (!gguf.contains("tokenizer.ggml.pre")) return;
    const auto pre = gguf.text("tokenizer.ggml.pre");
    if (pre == "llama-bpe" || pre == "llama3" || pre == "llama-v3" || pre == "default") return;
    throw FileError(gguf.file(), "the pre-tokenizer \"llama-bpe\"", in_quotes(pre));
}

TokenKind kind_of(std::int64_t type) {
    if (type == 1) return TokenKind::text;
    if (type == 3 || type == 4) return TokenKind::special;  // control, user-defined
    return TokenKind::unused;
}

void add_tokens(const Gguf& gguf, Vocabulary& vocabulary) {
    const auto tokens = gguf.texts(tokens_key);
    std::vector<std::int64_t> types(tokens.size(), 1);
    if (gguf.contains("tokenizer.ggml.token_type")) types = gguf.integers("tokenizer.ggml.token_type");
    if (types.size() != tokens.size()) {
        throw FileError(gguf.file(), joined("a token type for each of ", tokens.size(), " tokens"), types.size());
    }
    if (tokens.size() > 1u << 24) throw FileError(gguf.file(), "at most 2^24 tokens", tokens.size());
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        const TokenKind kind = kind_of(types[i]);
        const auto decoded = kind == TokenKind::text ? from_printable(tokens[i]) : std::nullopt;
        vocabulary.add(decoded ? std::string_view(*decoded) : tokens[i], kind);
    }
}

int special_id(const Gguf& gguf, std::string_view key, std::size_t tokens) {
    if (!gguf.contains(key)) return -1;
    const std::uint64_t id = gguf.integer(key);
    if (id < tokens) return static_cast<int>(id);
    throw FileError(gguf.file(), joined("an id below ", tokens, " in ", in_quotes(key)), id);
}

void add_merges(const Gguf& gguf, Vocabulary& vocabulary) {
    const TokenIndex index(vocabulary);
    const auto texts = gguf.texts("tokenizer.ggml.merges");
    for (std::size_t rank = 0; rank < texts.size(); ++rank) {
        if (add_printable_merge(vocabulary, index, texts[rank], rank)) continue;
        throw FileError(gguf.file(), "two tokens in \"tokenizer.ggml.merges\"", in_quotes(texts[rank]));
    }
}

std::int32_t type_of(TokenKind kind) {
    return kind == TokenKind::text ? 1 : kind == TokenKind::special ? 3 : 5;
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

Vocabulary read_gguf_vocabulary(const Gguf& gguf) {
    check_model(gguf);
    Vocabulary vocabulary;
    add_tokens(gguf, vocabulary);
    add_merges(gguf, vocabulary);
    vocabulary.bos = special_id(gguf, "tokenizer.ggml.bos_token_id", vocabulary.size());
    vocabulary.eos = special_id(gguf, "tokenizer.ggml.eos_token_id", vocabulary.size());
    vocabulary.end_of_turn = special_id(gguf, "tokenizer.ggml.eot_token_id", vocabulary.size());
    if (vocabulary.end_of_turn < 0) vocabulary.end_of_turn = vocabulary.find_special("<|eot_id|>");
    return vocabulary;
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
