#include <algorithm>
#include <filesystem>
#include <optional>

#include <program/io/file_error.hpp>
#include <program/io/mapped_file.hpp>
#include "json_keys.hpp"
#include "token_places.hpp"
#include "vocabulary_files.hpp"

namespace bitnet {

using namespace program;
namespace {

std::optional<std::string> read_if_there(const std::string& path) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return std::nullopt;
    return std::string(MappedFile(path, MappedFile::Mode::read).text());
}

/// Of what may name a member twice: the last one counts.
Json parse_last(const std::string& text, const std::string& file) {
    return parse_json_object(text, file, Repeated::last_counts);
}

/// A token by its text or by {"content": ...}; -1 where there is no such key.
int named_token(JsonKeys& keys, std::string_view key, const Vocabulary& vocabulary) {
    const Json* found = keys.find(key);
    if (found == nullptr) return -1;
    const Json content = found->is_object() ? found->value("content", Json()) : *found;
    if (!content.is_string()) keys.refuse(key, "a token");
    const auto name = content.get<std::string>();
    if (const int id = vocabulary.find_special(name); id >= 0) return id;
    const auto same = [&](const Vocabulary::Token& token) {
        return token.kind != TokenKind::unused && token.bytes == name;
    };
    const auto token = std::find_if(vocabulary.tokens.begin(), vocabulary.tokens.end(), same);
    if (token == vocabulary.tokens.end()) keys.refuse(key, "a token of the vocabulary");
    return static_cast<int>(token - vocabulary.tokens.begin());
}

/// One id, or a list of them.
std::vector<int> ids_of(JsonKeys& keys, std::string_view key, const Vocabulary& vocabulary) {
    const Json* found = keys.find(key);
    std::vector<int> ids;
    if (found == nullptr) return ids;
    for (const Json& id : found->is_array() ? *found : Json::array({*found})) {
        if (!id.is_number_unsigned() || id >= vocabulary.size())
            keys.refuse(key, joined("token ids below ", vocabulary.size()));
        ids.push_back(id.get<int>());
    }
    return ids;
}

void add_tokens(JsonKeys& keys, Vocabulary& vocabulary) {
    const Json* added = keys.find("added_tokens_decoder");
    if (added == nullptr) return;
    if (!added->is_object()) keys.refuse("added_tokens_decoder", "an object");
    TokenPlaces places(vocabulary, added->size(), keys.file());
    for (const auto& [id, token] : added->items()) {
        if (id.empty() || id.size() > 9 ||
            !std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; }))
            keys.refuse("added_tokens_decoder", "token ids");
        places.add_named(std::stoul(id), token);
    }
}

/// The template for a plain chat, where there are several.
std::string chat_template_of(JsonKeys& keys) {
    const Json* found = keys.find("chat_template");
    if (found == nullptr) return {};
    if (found->is_string()) return found->get<std::string>();
    for (const Json& one : found->is_array() ? *found : Json::array()) {
        const bool is_default = one.is_object() && one.value("name", Json()) == "default";
        if (is_default && one.value("template", Json()).is_string()) return one["template"].get<std::string>();
    }
    keys.refuse("chat_template", "text, or templates of which one is \"default\"");
}

void read_tokenizer_config(const std::string& text, Vocabulary& vocabulary, const std::string& file) {
    const Json json = parse_json_object(text, file);
    JsonKeys keys(json, "", file);
    add_tokens(keys, vocabulary);
    const int bos = named_token(keys, "bos_token", vocabulary), eos = named_token(keys, "eos_token", vocabulary);
    if (vocabulary.bos < 0) vocabulary.bos = bos;
    if (vocabulary.eos < 0) vocabulary.eos = eos;
    if (eos >= 0) vocabulary.stops.push_back(eos);
    vocabulary.add_bos = keys.flag("add_bos_token", vocabulary.add_bos);
    vocabulary.add_eos = keys.flag("add_eos_token", vocabulary.add_eos);
    vocabulary.chat_template = chat_template_of(keys);
    keys.expect("split_special_tokens", false);
    if (const bool prefix = keys.flag("add_prefix_space", vocabulary.space_prefix != SpacePrefix::never); !prefix) {
        vocabulary.space_prefix = SpacePrefix::never;
    } else if (vocabulary.space_prefix == SpacePrefix::never) {
        keys.refuse("add_prefix_space", "false");
    }
    // False: no space behind special tokens. A tokenizer.json says that itself.
    const bool pieces = vocabulary.tokenizer == TokenizerKind::sentence_pieces;
    if (!keys.flag("legacy", true) && pieces && vocabulary.space_prefix == SpacePrefix::segment)
        vocabulary.space_prefix = SpacePrefix::first;
    // What is for Python classes, other sides of a text than ids, and ids that nothing is made of here.
    keys.ignore({"tokenizer_class", "auto_map", "backend", "use_fast", "from_slow", "is_local", "processor_class",
                 "tokenizer_file", "name_or_path", "special_tokens_map_file", "vocab_file", "merges_file"});
    keys.ignore({"model_max_length", "max_length", "padding", "padding_side", "pad_to_multiple_of", "truncation",
                 "truncation_side", "truncation_strategy", "stride", "model_input_names", "return_token_type_ids",
                 "clean_up_tokenization_spaces", "spaces_between_special_tokens", "errors", "trim_offsets"});
    keys.ignore({"unk_token", "pad_token", "sep_token", "cls_token", "mask_token", "additional_special_tokens",
                 "extra_special_tokens", "model_specific_special_tokens", "pad_token_type_id", "sp_model_kwargs",
                 "use_default_system_prompt"});
    keys.finish();
}

/// In either of the two all that ends a text is listed. Their other keys are the model's.
void read_ids(const std::string& text, Vocabulary& vocabulary, const std::string& file) {
    const Json json = parse_last(text, file);
    JsonKeys keys(json, "", file);
    const std::vector<int> bos = ids_of(keys, "bos_token_id", vocabulary);
    const std::vector<int> ends = ids_of(keys, "eos_token_id", vocabulary);
    if (vocabulary.bos < 0 && !bos.empty()) vocabulary.bos = bos.front();
    if (vocabulary.eos < 0 && !ends.empty()) vocabulary.eos = ends.front();
    vocabulary.stops.insert(vocabulary.stops.end(), ends.begin(), ends.end());
    if (const Json* type = keys.find("model_type")) vocabulary.of_bitnet = *type == "bitnet";
}

/// Of tokenizers in Python: {"text": id}.
void read_added_tokens(const std::string& text, Vocabulary& vocabulary, const std::string& file) {
    const Json json = parse_json_object(text, file);
    TokenPlaces places(vocabulary, json.size(), file);
    for (const auto& [content, id] : json.items()) {
        if (!id.is_number_unsigned()) throw FileError(file, "an id for " + in_quotes(content), in_quotes(id.dump()));
        const auto number = id.get<std::uint64_t>();
        const bool known = number < vocabulary.size() && vocabulary.bytes(static_cast<int>(number)) == content;
        if (!known) places.add_named(number, Json{{"content", content}});
    }
}

}  // namespace

void add_companions(Vocabulary& vocabulary, const std::string& folder) {
    const auto read = [&](const char* name, auto use) {
        const std::string path = folder + "/" + name;
        if (const auto text = read_if_there(path)) use(*text, vocabulary, path);
    };
    read("tokenizer_config.json", read_tokenizer_config);
    read("added_tokens.json", read_added_tokens);
    read("generation_config.json", read_ids);
    read("config.json", read_ids);
    if (const auto text = read_if_there(folder + "/chat_template.jinja")) vocabulary.chat_template = *text;
}

}  // namespace bitnet
