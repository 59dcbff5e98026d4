#include "gguf_vocabulary.hpp"

#include <cstring>
#include <optional>

#include "../tokenizer/pre_tokenizers.hpp"
#include "../tokenizer/printable_bytes.hpp"
#include "../tokenizer/sentence_pieces.hpp"
#include "merge_reader.hpp"

namespace bitnet {

using namespace program;
namespace {

constexpr const char* tokens_key = "tokenizer.ggml.tokens";

bool flag(const Gguf& gguf, std::string_view key, bool otherwise) {
    return gguf.contains(key) ? gguf.flag(key) : otherwise;
}

void refuse_flag(const Gguf& gguf, std::string_view key) {
    if (flag(gguf, key, false)) throw FileError(gguf.file(), "false in " + in_quotes(key), "true");
}

TokenizerKind read_kind(const Gguf& gguf) {
    if (!gguf.contains(tokens_key)) throw FileError(gguf.file(), "a tokenizer", "none");
    const auto model = gguf.text("tokenizer.ggml.model");
    if (model == "gpt2") return TokenizerKind::byte_pairs;
    if (model == "llama") return TokenizerKind::sentence_pieces;
    throw FileError(gguf.file(), "a tokenizer of model \"gpt2\" or \"llama\" in \"tokenizer.ggml.model\"",
                    in_quotes(model));
}

std::string_view pre_of(const Gguf& gguf) {
    constexpr const char* key = "tokenizer.ggml.pre";
    return gguf.contains(key) ? gguf.text(key) : "default";
}

/// "default", or nothing, is what converters write that didn't know the tokenizer; 2B4T's files are such.
const PreTokenizer& find_pre_tokenizer(const Gguf& gguf, const Vocabulary& vocabulary) {
    std::string_view pre = pre_of(gguf);
    if (pre == "default" && vocabulary.find_special("<|begin_of_text|>") >= 0) pre = "llama-bpe";
    std::string known;
    for (const PreTokenizer& one : pre_tokenizers) {
        if (one.name == pre) return one;
        known += (known.empty() ? "" : ", ") + in_quotes(one.name);
    }
    throw FileError(gguf.file(), "one of " + known + " in \"tokenizer.ggml.pre\"", in_quotes(pre));
}

Vocabulary::Token token_of(std::string_view text, std::int64_t type, TokenizerKind tokenizer, const Gguf& gguf) {
    const bool pairs = tokenizer == TokenizerKind::byte_pairs;
    const std::string raw(text);
    switch (type) {
        case 1:
            return {pairs ? from_printable(text).value_or(raw) : with_spaces(text), TokenKind::text};
        case 2:
        case 3:
            return {raw, TokenKind::special};
        case 4:
            return {pairs ? raw : with_spaces(text), TokenKind::user_defined};
        case 5:
            return {raw, TokenKind::unused};
        case 6:
            if (const auto byte = byte_of_name(text); byte && !pairs) return {std::string(1, *byte), TokenKind::byte};
            throw FileError(gguf.file(), "a byte as <0xXX> where \"tokenizer.ggml.token_type\" is 6", in_quotes(text));
        default:
            throw FileError(gguf.file(), "types of 1 to 6 in \"tokenizer.ggml.token_type\"", type);
    }
}

void add_tokens(const Gguf& gguf, Vocabulary& vocabulary) {
    const auto tokens = gguf.texts(tokens_key);
    std::vector<std::int64_t> types(tokens.size(), 1);
    if (gguf.contains("tokenizer.ggml.token_type")) types = gguf.integers("tokenizer.ggml.token_type");
    if (types.size() != tokens.size()) {
        throw FileError(gguf.file(), joined("a token type for each of ", tokens.size(), " tokens"), types.size());
    }
    if (tokens.size() > 1u << 24) throw FileError(gguf.file(), "at most 2^24 tokens", tokens.size());
    for (std::size_t i = 0; i < tokens.size(); ++i)
        vocabulary.tokens.push_back(token_of(tokens[i], types[i], vocabulary.tokenizer, gguf));
}

int special_id(const Gguf& gguf, std::string_view key, std::size_t tokens, int otherwise = -1) {
    if (!gguf.contains(key)) return otherwise;
    const std::uint64_t id = gguf.integer(key);
    if (id < tokens) return static_cast<int>(id);
    throw FileError(gguf.file(), joined("an id below ", tokens, " in ", in_quotes(key)), id);
}

void add_merges(const Gguf& gguf, Vocabulary& vocabulary) {
    constexpr const char* key = "tokenizer.ggml.merges";
    MergeReader reader(vocabulary, key, gguf.file());
    for (const std::string_view merge : gguf.texts(key))
        reader.add(merge);
}

void add_scores(const Gguf& gguf, Vocabulary& vocabulary) {
    constexpr const char* key = "tokenizer.ggml.scores";
    const auto found = gguf.metadata().find(key);
    if (found == gguf.metadata().end()) throw FileError(gguf.file(), in_quotes(key), "no such key");
    const GgufValue& value = found->second;
    if (value.type != GgufType::f32 || !value.is_array || value.count != vocabulary.size()) {
        throw FileError(gguf.file(),
                        joined("a real number for each of ", vocabulary.size(), " tokens in ", in_quotes(key)),
                        to_text(value));
    }
    vocabulary.scores.resize(vocabulary.size());
    std::memcpy(vocabulary.scores.data(), value.bytes.data(), value.bytes.size());
}

void read_byte_pairs(const Gguf& gguf, Vocabulary& vocabulary) {
    const PreTokenizer& pre = find_pre_tokenizer(gguf, vocabulary);
    vocabulary.split = pre.split;
    vocabulary.whole_pieces = pre.whole_pieces;
    vocabulary.composed = pre.composed;
    vocabulary.add_bos = pre.add_bos;
    refuse_flag(gguf, "tokenizer.ggml.add_space_prefix");
    add_merges(gguf, vocabulary);
}

void read_sentence_pieces(const Gguf& gguf, Vocabulary& vocabulary) {
    const auto pre = pre_of(gguf);
    if (pre != "default") {
        throw FileError(gguf.file(), "\"default\" in \"tokenizer.ggml.pre\" of model \"llama\"", in_quotes(pre));
    }
    vocabulary.split = SplitPattern::none;
    vocabulary.whole_pieces = false;
    const bool prefix = flag(gguf, "tokenizer.ggml.add_space_prefix", true);
    vocabulary.space_prefix = prefix ? SpacePrefix::segment : SpacePrefix::never;
    add_scores(gguf, vocabulary);
    // Old files leave out what all had.
    if (vocabulary.find_special("<s>") == 1) vocabulary.bos = 1;
    if (vocabulary.find_special("</s>") == 2) vocabulary.eos = 2;
}

}  // namespace

std::span<const std::string_view> harmless_tokenizer_keys() {
    static constexpr std::string_view keys[] = {
        // Read by their bytes.
        "tokenizer.ggml.scores",
        // Ids that nothing is made of here: they neither begin nor end a text.
        "tokenizer.ggml.padding_token_id",
        "tokenizer.ggml.unknown_token_id",
        "tokenizer.ggml.seperator_token_id",
        "tokenizer.ggml.separator_token_id",
        "tokenizer.ggml.mask_token_id",
        "tokenizer.ggml.cls_token_id",
        "tokenizer.ggml.prefix_token_id",
        "tokenizer.ggml.suffix_token_id",
        "tokenizer.ggml.middle_token_id",
        "tokenizer.ggml.fim_pre_token_id",
        "tokenizer.ggml.fim_suf_token_id",
        "tokenizer.ggml.fim_mid_token_id",
        "tokenizer.ggml.fim_pad_token_id",
        "tokenizer.ggml.fim_rep_token_id",
        "tokenizer.ggml.fim_sep_token_id",
        "tokenizer.ggml.token_type_count",
        // Further chat templates, for tools and the like, with their names, and the same tokenizer once more.
        "tokenizer.chat_templates",
        "tokenizer.chat_template.*",
        "tokenizer.huggingface.json",
    };
    return keys;
}

Vocabulary read_gguf_vocabulary(const Gguf& gguf) {
    Vocabulary vocabulary;
    vocabulary.tokenizer = read_kind(gguf);
    add_tokens(gguf, vocabulary);
    vocabulary.tokenizer == TokenizerKind::byte_pairs ? read_byte_pairs(gguf, vocabulary)
                                                      : read_sentence_pieces(gguf, vocabulary);
    for (const char* key : {"tokenizer.ggml.remove_extra_whitespaces", "tokenizer.ggml.add_sep_token"})
        refuse_flag(gguf, key);
    const auto id = [&](std::string_view key, int otherwise) {
        return special_id(gguf, key, vocabulary.size(), otherwise);
    };
    vocabulary.bos = id("tokenizer.ggml.bos_token_id", vocabulary.bos);
    vocabulary.eos = id("tokenizer.ggml.eos_token_id", vocabulary.eos);
    vocabulary.end_of_turn = id("tokenizer.ggml.eot_token_id", vocabulary.find_special("<|eot_id|>"));
    vocabulary.stops = known_stops(vocabulary);
    if (const int end = id("tokenizer.ggml.eom_token_id", -1); end >= 0) vocabulary.stops.push_back(end);
    vocabulary.add_bos = flag(gguf, "tokenizer.ggml.add_bos_token", vocabulary.add_bos);
    vocabulary.add_eos = flag(gguf, "tokenizer.ggml.add_eos_token", false);
    if (gguf.contains("tokenizer.chat_template")) vocabulary.chat_template = gguf.text("tokenizer.chat_template");
    constexpr const char* architecture = "general.architecture";
    vocabulary.of_bitnet = gguf.contains(architecture) && gguf.text(architecture).starts_with("bitnet");
    return vocabulary;
}

}  // namespace bitnet
