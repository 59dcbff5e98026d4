#include <program/io/file_error.hpp>
#include "../tokenizer/printable_bytes.hpp"
#include "../tokenizer/sentence_pieces.hpp"
#include "json_keys.hpp"
#include "tokenizer_steps.hpp"
#include "vocabulary_files.hpp"

namespace bitnet {

using namespace program;
namespace {

constexpr std::uint64_t most_tokens = 1u << 24;

using Token = Vocabulary::Token;

Token& place(std::vector<Token>& tokens, std::uint64_t id, const std::string& file) {
    if (id >= most_tokens) throw FileError(file, "token ids below 2^24", id);
    if (id >= tokens.size()) tokens.resize(static_cast<std::size_t>(id) + 1);
    return tokens[static_cast<std::size_t>(id)];
}

Token token_of(const std::string& text, TokenizerKind tokenizer) {
    if (tokenizer == TokenizerKind::byte_pairs) return {from_printable(text).value_or(text), TokenKind::text};
    if (const auto byte = byte_of_name(text)) return {std::string(1, *byte), TokenKind::byte};
    return {with_spaces(text), TokenKind::text};
}

void add_vocab(const Json& vocab, Vocabulary& vocabulary, const std::string& file) {
    if (!vocab.is_object()) throw FileError(file, "an object in \"vocab\"", vocab.type_name());
    for (const auto& [text, id] : vocab.items()) {
        if (!id.is_number_unsigned()) throw FileError(file, "an id for token " + in_quotes(text), id.type_name());
        Token& token = place(vocabulary.tokens, id.get<std::uint64_t>(), file);
        if (token.kind != TokenKind::unused) throw FileError(file, "each id once", id.dump() + " twice");
        token = token_of(text, vocabulary.tokenizer);
    }
}

/// "left right", or in newer files ["left", "right"].
std::string merge_text(const Json& merge) {
    if (merge.is_string()) return merge.get<std::string>();
    const bool pair = merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string();
    return pair ? merge[0].get<std::string>() + " " + merge[1].get<std::string>() : "";
}

void add_merges(const Json& merges, Vocabulary& vocabulary, const std::string& file) {
    if (!merges.is_array()) throw FileError(file, "an array in \"merges\"", merges.type_name());
    const TokenIndex index(vocabulary);
    const auto add = vocabulary.tokenizer == TokenizerKind::byte_pairs ? add_printable_merge : add_marked_merge;
    for (std::size_t rank = 0; rank < merges.size(); ++rank) {
        if (add(vocabulary, index, merge_text(merges[rank]), rank)) continue;
        throw FileError(file, "two tokens in each of \"merges\"", in_quotes(merges[rank].dump()));
    }
}

void read_model(const Json& json, Vocabulary& vocabulary, const std::string& file) {
    JsonKeys model(json, "model", file);
    if (const std::string type = model.text("type"); type != "BPE") {
        throw FileError(file, "a tokenizer of type \"BPE\"", in_quotes(type));
    }
    model.expect("dropout", 0.0);
    model.expect("continuing_subword_prefix", "");
    model.expect("end_of_word_suffix", "");
    model.ignore({"unk_token", "fuse_unk"});  // every byte has a token, so that nothing is unknown
    vocabulary.whole_pieces = model.flag("ignore_merges", false);
    if (!model.flag("byte_fallback", false) && vocabulary.tokenizer != TokenizerKind::byte_pairs)
        model.refuse("byte_fallback", "true, or a pre_tokenizer of type ByteLevel,");
    add_vocab(model.at("vocab"), vocabulary, file);
    // Null means none: what is wrong, an array must say.
    add_merges(model.at("merges"), vocabulary, file);
    model.finish();
}

/// The kind of a tokenizer by what stands around its model.
void apply(const TokenizerSteps& steps, Vocabulary& vocabulary, const std::string& file) {
    if (steps.bytes == steps.marks)
        throw FileError(file, "either ByteLevel in \"pre_tokenizer\" or spaces replaced by U+2581",
                        steps.bytes ? "both" : "neither");
    if (steps.bytes && steps.space_prefix != SpacePrefix::never)
        throw FileError(file, "no \"Prepend\" beside \"ByteLevel\"", "both");
    if (!steps.bytes && steps.split != SplitPattern::none)
        throw FileError(file, "no \"Split\" where spaces are replaced by U+2581", "both");
    vocabulary.tokenizer = steps.bytes ? TokenizerKind::byte_pairs : TokenizerKind::character_pairs;
    vocabulary.split = steps.split;
    vocabulary.composed = steps.composed;
    vocabulary.space_prefix = steps.space_prefix;
}

bool is_ascii(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) >= 0x80) return false;
    }
    return true;
}

}  // namespace

void add_token(Vocabulary& vocabulary, std::uint64_t id, const Json& json, const std::string& file) {
    JsonKeys keys(json, "added_tokens", file);
    const std::string content = keys.text("content");
    const Token token{content, keys.flag("special", false) ? TokenKind::special : TokenKind::user_defined};
    for (const char* key : {"lstrip", "rstrip", "single_word"})
        keys.expect(key, false);
    // It is looked for in the text as it was changed before, and changed itself.
    const bool spaces = vocabulary.tokenizer == TokenizerKind::character_pairs;
    const bool changed = spaces || (vocabulary.composed && !is_ascii(content));
    if (keys.flag("normalized", false) && changed) keys.refuse("normalized", "false for " + in_quotes(content));
    keys.ignore({"id", "__type"});
    keys.finish();
    Token& there = place(vocabulary.tokens, id, file);
    const bool other = there.kind != TokenKind::unused && there.bytes != content &&
                       there.bytes != token_of(content, vocabulary.tokenizer).bytes;
    if (other) throw FileError(file, joined("token ", id, " to be ", in_quotes(there.bytes)), in_quotes(content));
    there = token;
    if (vocabulary.tokenizer == TokenizerKind::sentence_pieces) vocabulary.scores.resize(vocabulary.size());
}

Vocabulary parse_tokenizer_json(std::string_view text, const std::string& file) {
    const Json json = parse_json_object(text, file);
    JsonKeys keys(json, "", file);
    Vocabulary vocabulary;
    const Json* normalizer = keys.find("normalizer");
    const Json* pre_tokenizer = keys.find("pre_tokenizer");
    const Json* decoder = keys.find("decoder");
    const TokenizerSteps steps =
        read_tokenizer_steps(normalizer, pre_tokenizer, decoder, keys.find("post_processor"), file);
    apply(steps, vocabulary, file);
    read_model(keys.at("model"), vocabulary, file);
    if (const Json* added = keys.find("added_tokens")) {
        if (!added->is_array()) throw FileError(file, "an array in \"added_tokens\"", added->type_name());
        for (const Json& token : *added) {
            if (!token.is_object()) throw FileError(file, "objects in \"added_tokens\"", token.type_name());
            add_token(vocabulary, json_integer(token, "id", file), token, file);
        }
    }
    // Text never becomes a special token by merges.
    std::erase_if(vocabulary.merges, [&](const Merge& m) { return vocabulary.kind(m.merged) == TokenKind::special; });
    keys.ignore({"version", "truncation", "padding"});  // the latter two by who calls
    keys.finish();
    vocabulary.add_bos = steps.bos.has_value();
    vocabulary.add_eos = steps.eos.has_value();
    vocabulary.bos = steps.bos.value_or(-1);
    vocabulary.eos = steps.eos.value_or(-1);
    return vocabulary;
}

}  // namespace bitnet
