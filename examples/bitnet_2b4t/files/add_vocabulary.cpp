#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "../tokenizer/llama3.hpp"
#include "../tokenizer/pre_tokenizers.hpp"
#include "../tokenizer/printable_bytes.hpp"
#include "../tokenizer/sentence_pieces.hpp"
#include "gguf_vocabulary.hpp"

namespace bitnet {

using namespace program;
namespace {

std::int32_t type_of(TokenKind kind) {
    switch (kind) {
        case TokenKind::text:
            return 1;
        case TokenKind::special:
            return 3;
        case TokenKind::user_defined:
            return 4;
        case TokenKind::unused:
            return 5;
        case TokenKind::byte:
            return 6;
    }
    return 5;
}

std::string written(const Vocabulary::Token& token, bool pairs) {
    if (token.kind == TokenKind::byte) return name_of_byte(token.bytes[0]);
    if (token.kind == TokenKind::text && pairs) return to_printable(token.bytes);
    const bool marked = token.kind == TokenKind::text || (token.kind == TokenKind::user_defined && !pairs);
    return marked ? with_marks(token.bytes) : token.bytes;
}

void add_tokens(GgufWriter& writer, const Vocabulary& vocabulary) {
    std::vector<std::string> tokens;
    std::vector<std::int32_t> types;
    for (const Vocabulary::Token& token : vocabulary.tokens) {
        tokens.push_back(written(token, vocabulary.tokenizer == TokenizerKind::byte_pairs));
        types.push_back(type_of(token.kind));
    }
    writer.add("tokenizer.ggml.tokens", tokens);
    writer.add("tokenizer.ggml.token_type", types);
}

std::vector<Merge> sorted_merges(const Vocabulary& vocabulary) {
    std::vector<Merge> merges = vocabulary.merges;
    const auto key = [](const Merge& m) { return std::tuple(m.rank, m.left, m.right); };
    std::sort(merges.begin(), merges.end(), [&](const Merge& a, const Merge& b) { return key(a) < key(b); });
    return merges;
}

std::vector<std::string> merge_texts(const Vocabulary& vocabulary) {
    std::vector<std::string> texts;
    for (const Merge& merge : sorted_merges(vocabulary)) {
        texts.push_back(to_printable(vocabulary.bytes(merge.left)) + " " + to_printable(vocabulary.bytes(merge.right)));
    }
    return texts;
}

/// Scores that say the same as merges from characters, which were made of scores: whatever two tokens are together is
/// a merge, and all merges to one token stand together.
std::vector<float> scores_of(const Vocabulary& vocabulary) {
    if (vocabulary.tokenizer == TokenizerKind::sentence_pieces) return vocabulary.scores;
    std::vector<float> scores(vocabulary.size(), 0);
    bool same = vocabulary.merges.size() == merges_by_rank(vocabulary).size();
    int last = -1, rank = 0;
    for (const Merge& merge : sorted_merges(vocabulary)) {
        if (merge.merged == last) continue;
        last = merge.merged;
        float& score = scores[static_cast<std::size_t>(last)];
        same = same && score == 0;
        score = static_cast<float>(-++rank);
    }
    if (!same) throw std::runtime_error("expected merges that scores can stand for in GGUF, found others");
    return scores;
}

std::string_view find_pre(const Vocabulary& v) {
    for (const PreTokenizer& pre : pre_tokenizers) {
        const auto& [name, split, whole_pieces, composed, add_bos] = pre;
        if (split == v.split && whole_pieces == v.whole_pieces && composed == v.composed) return name;
    }
    throw std::runtime_error("expected a tokenizer that GGUF has a name for (\"tokenizer.ggml.pre\"), found another");
}

void add_id(GgufWriter& writer, std::string_view key, int id) {
    if (id >= 0) writer.add(key, static_cast<std::uint32_t>(id));
}

/// Those that have neither a key of their own nor a known name need the one key that is left.
int further_stop(const Vocabulary& vocabulary) {
    std::vector<int> known = known_stops(vocabulary);
    known.insert(known.end(), {vocabulary.eos, vocabulary.end_of_turn});
    int further = -1;
    for (const int id : vocabulary.stops) {
        if (id == further || std::find(known.begin(), known.end(), id) != known.end()) continue;
        if (further >= 0) throw std::runtime_error("expected at most three stop tokens for GGUF, found more");
        further = id;
    }
    return further;
}

}  // namespace

void add_vocabulary(GgufWriter& writer, const Vocabulary& vocabulary) {
    const bool pairs = vocabulary.tokenizer == TokenizerKind::byte_pairs;
    writer.add("tokenizer.ggml.model", pairs ? "gpt2" : "llama");
    writer.add("tokenizer.ggml.pre", pairs ? find_pre(vocabulary) : "default");
    add_tokens(writer, vocabulary);
    if (pairs) {
        writer.add("tokenizer.ggml.merges", merge_texts(vocabulary));
    } else {
        // Whether a space stands behind special tokens too, GGUF can't say: there it does.
        const std::vector<float> scores = scores_of(vocabulary);
        writer.add("tokenizer.ggml.scores",
                   GgufValue{GgufType::f32, true, scores.size(), std::as_bytes(std::span(scores))});
        writer.add("tokenizer.ggml.add_space_prefix", vocabulary.space_prefix != SpacePrefix::never);
    }
    add_id(writer, "tokenizer.ggml.bos_token_id", vocabulary.bos);
    add_id(writer, "tokenizer.ggml.eos_token_id", vocabulary.eos);
    add_id(writer, "tokenizer.ggml.eot_token_id", vocabulary.end_of_turn);
    add_id(writer, "tokenizer.ggml.eom_token_id", further_stop(vocabulary));
    writer.add("tokenizer.ggml.add_bos_token", vocabulary.add_bos);
    writer.add("tokenizer.ggml.add_eos_token", vocabulary.add_eos);
    if (!vocabulary.chat_template.empty()) writer.add("tokenizer.chat_template", vocabulary.chat_template);
}

}  // namespace bitnet
