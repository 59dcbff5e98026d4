#include <stdexcept>
#include <vector>

#include <program/io/file_error.hpp>
#include <program/io/json_file.hpp>
#include <program/io/mapped_file.hpp>
#include "../tokenizer/llama3.hpp"
#include "../tokenizer/printable_bytes.hpp"
#include "vocabulary_files.hpp"

namespace bitnet {

using namespace program;
namespace {

constexpr std::uint64_t most_tokens = 1u << 24;

using Tokens = std::vector<Vocabulary::Token>;

Vocabulary::Token& place(Tokens& tokens, std::uint64_t id, const std::string& file) {
    if (id >= most_tokens) throw FileError(file, "token ids below 2^24", id);
    if (id >= tokens.size()) tokens.resize(static_cast<std::size_t>(id) + 1);
    return tokens[static_cast<std::size_t>(id)];
}

void add_vocab(const Json& vocab, Tokens& tokens, const std::string& file) {
    if (!vocab.is_object()) throw FileError(file, "an object in \"vocab\"", vocab.type_name());
    for (const auto& [text, id] : vocab.items()) {
        if (!id.is_number_unsigned()) throw FileError(file, "an id for token " + in_quotes(text), id.type_name());
        Vocabulary::Token& token = place(tokens, id.get<std::uint64_t>(), file);
        if (token.kind != TokenKind::unused) throw FileError(file, "each id once", id.dump() + " twice");
        token = {from_printable(text).value_or(text), TokenKind::text};
    }
}

void add_specials(const Json& json, Tokens& tokens, const std::string& file) {
    const auto added = json.find("added_tokens");
    if (added == json.end()) return;
    if (!added->is_array()) throw FileError(file, "an array in \"added_tokens\"", added->type_name());
    for (const Json& token : *added) {
        if (!token.is_object()) throw FileError(file, "objects in \"added_tokens\"", token.type_name());
        place(tokens, json_integer(token, "id", file), file) = {json_text(token, "content", file), TokenKind::special};
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
    for (std::size_t rank = 0; rank < merges.size(); ++rank) {
        if (add_printable_merge(vocabulary, index, merge_text(merges[rank]), rank)) continue;
        throw FileError(file, "two tokens in each of \"merges\"", in_quotes(merges[rank].dump()));
    }
}

}  // namespace

Vocabulary read_tokenizer_json(std::string_view text, const std::string& file) {
    const Json json = parse_json_object(text, file);
    const Json& model = json_member(json, "model", file);
    if (!model.is_object()) throw FileError(file, "an object in \"model\"", model.type_name());
    if (const std::string type = json_text(model, "type", file); type != "BPE") {
        throw FileError(file, "a tokenizer of type \"BPE\"", in_quotes(type));
    }
    Vocabulary vocabulary;
    add_vocab(json_member(model, "vocab", file), vocabulary.tokens, file);
    add_specials(json, vocabulary.tokens, file);
    add_merges(json_member(model, "merges", file), vocabulary, file);
    vocabulary.bos = vocabulary.find_special("<|begin_of_text|>");
    vocabulary.eos = vocabulary.find_special("<|end_of_text|>");
    vocabulary.end_of_turn = vocabulary.find_special("<|eot_id|>");
    return vocabulary;
}

Vocabulary read_tiktoken_file(const std::string& path) {
    const MappedFile file(path, MappedFile::Mode::read);
    try {
        return read_tiktoken(file.text());
    } catch (const std::runtime_error& error) {
        throw FileError(path, error.what());
    }
}

}  // namespace bitnet
