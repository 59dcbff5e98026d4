#include "gguf_vocabulary_writer.hpp"

#include <algorithm>
#include <string>
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
    std::ranges::stable_sort(merges, {}, &Merge::rank);
    std::vector<std::string> texts;
    texts.reserve(merges.size());
    for (const Merge& merge : merges) {
        texts.push_back(to_printable(vocabulary.bytes(merge.left)) + " " + to_printable(vocabulary.bytes(merge.right)));
    }
    return texts;
}

}  // namespace

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
