#include "token_places.hpp"

#include <algorithm>

#include <program/io/file_error.hpp>
#include "../tokenizer/printable_bytes.hpp"
#include "../tokenizer/sentence_pieces.hpp"
#include "json_keys.hpp"

namespace bitnet {

using namespace program;
namespace {

using Token = Vocabulary::Token;

Token token_of(const std::string& text, TokenizerKind tokenizer) {
    if (tokenizer == TokenizerKind::byte_pairs) return {from_printable(text).value_or(text), TokenKind::text};
    if (const auto byte = byte_of_name(text)) return {std::string(1, *byte), TokenKind::byte};
    return {with_spaces(text), TokenKind::text};
}

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

TokenPlaces::TokenPlaces(Vocabulary& vocabulary, std::size_t count, const std::string& file)
    : vocabulary_(vocabulary),
      most_(std::min<std::uint64_t>(std::uint64_t{1} << 24, vocabulary.size() + count + most_unused)),
      file_(file) {}

Token& TokenPlaces::at(std::uint64_t id) {
    if (id >= most_)
        throw FileError(file_, joined("token ids below ", most_, " (the number of tokens, and room for gaps)"), id);
    if (id >= vocabulary_.size()) vocabulary_.tokens.resize(static_cast<std::size_t>(id) + 1);
    return vocabulary_.tokens[static_cast<std::size_t>(id)];
}

void TokenPlaces::add_text(const std::string& text, std::uint64_t id) {
    Token& token = at(id);
    if (token.kind != TokenKind::unused) throw FileError(file_, "each id once", joined(id, " twice"));
    token = token_of(text, vocabulary_.tokenizer);
}

void TokenPlaces::add_named(std::uint64_t id, const Json& json) {
    JsonKeys keys(json, "added_tokens", file_);
    const std::string content = keys.text("content");
    const Token token{content, keys.flag("special", false) ? TokenKind::special : TokenKind::user_defined};
    for (const char* key : {"lstrip", "rstrip", "single_word"})
        keys.expect(key, false);
    // It is looked for in the text as it was changed before, and changed itself.
    const bool spaces = vocabulary_.tokenizer == TokenizerKind::character_pairs;
    const bool changed = spaces || (vocabulary_.composed && !is_ascii(content));
    if (keys.flag("normalized", false) && changed) keys.refuse("normalized", "false for " + in_quotes(content));
    keys.ignore({"id", "__type"});
    keys.finish();
    Token& there = at(id);
    const bool other = there.kind != TokenKind::unused && there.bytes != content &&
                       there.bytes != token_of(content, vocabulary_.tokenizer).bytes;
    if (other) throw FileError(file_, joined("token ", id, " to be ", in_quotes(there.bytes)), in_quotes(content));
    there = token;
    if (vocabulary_.tokenizer == TokenizerKind::sentence_pieces) vocabulary_.scores.resize(vocabulary_.size());
}

}  // namespace bitnet
