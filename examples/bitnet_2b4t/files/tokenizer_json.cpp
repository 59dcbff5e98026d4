#include <program/io/file_error.hpp>
#include "json_keys.hpp"
#include "merge_reader.hpp"
#include "token_places.hpp"
#include "tokenizer_steps.hpp"
#include "vocabulary_files.hpp"

namespace bitnet {

using namespace program;
namespace {

void add_vocab(const Json& vocab, std::size_t added, Vocabulary& vocabulary, const std::string& file) {
    if (!vocab.is_object()) throw FileError(file, "an object in \"vocab\"", vocab.type_name());
    TokenPlaces places(vocabulary, vocab.size() + added, file);
    for (const auto& [text, id] : vocab.items()) {
        if (!id.is_number_unsigned()) throw FileError(file, "an id for token " + in_quotes(text), id.type_name());
        places.add_text(text, id.get<std::uint64_t>());
    }
}

/// "left right", or in newer files ["left", "right"].
void add_merges(const Json& merges, Vocabulary& vocabulary, const std::string& file) {
    if (!merges.is_array()) throw FileError(file, "an array in \"merges\"", merges.type_name());
    MergeReader reader(vocabulary, "merges", file);
    for (const Json& merge : merges) {
        if (merge.is_string()) {
            reader.add(merge.get<std::string>());
        } else if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
            reader.add(merge[0].get<std::string>(), merge[1].get<std::string>());
        } else {
            throw FileError(file, "two tokens in each of \"merges\"", in_quotes(merge.dump()));
        }
    }
}

void read_model(const Json& json, std::size_t added, Vocabulary& vocabulary, const std::string& file) {
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
    add_vocab(model.at("vocab"), added, vocabulary, file);
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

}  // namespace

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
    const Json* found = keys.find("added_tokens");
    const Json added = found == nullptr ? Json::array() : *found;
    if (!added.is_array()) throw FileError(file, "an array in \"added_tokens\"", added.type_name());
    read_model(keys.at("model"), added.size(), vocabulary, file);
    TokenPlaces places(vocabulary, added.size(), file);
    for (const Json& token : added) {
        if (!token.is_object()) throw FileError(file, "objects in \"added_tokens\"", token.type_name());
        places.add_named(json_integer(token, "id", file), token);
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
