#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tokenizer/printable_bytes.hpp"
#include "tokenizer/vocabulary.hpp"

namespace bitnet_tests {

inline const std::string llama3_pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

/// "pre_tokenizer" of a byte-level tokenizer.
inline nlohmann::json split_by(const std::string& pattern) {
    using nlohmann::json;
    const json split = {
        {"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}};
    const json bytes = {
        {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}};
    return {{"type", "Sequence"}, {"pretokenizers", {split, bytes}}};
}

/// "post_processor" that puts a token in front of a text, or behind it.
inline nlohmann::json around(const std::string& name, int id, bool behind = false) {
    using nlohmann::json;
    json single = {{{"Sequence", {{"id", "A"}, {"type_id", 0}}}}};
    single.insert(behind ? single.end() : single.begin(), json{{"SpecialToken", {{"id", name}, {"type_id", 0}}}});
    return {{"type", "TemplateProcessing"},
            {"single", single},
            {"pair", json::array()},
            {"special_tokens", {{name, {{"id", name}, {"ids", {id}}, {"tokens", {name}}}}}}};
}

/// A vocabulary as LLaMA-3's tokenizer.json.
inline nlohmann::json tokenizer_json(const bitnet::Vocabulary& vocabulary, bool merges_as_pairs = false) {
    using nlohmann::json;
    json vocab, added = json::array(), merges = json::array();
    for (int id = 0; id < static_cast<int>(vocabulary.size()); ++id) {
        const std::string bytes(vocabulary.bytes(id));
        if (vocabulary.kind(id) == bitnet::TokenKind::text) {
            vocab[bitnet::to_printable(bytes)] = id;
        } else {
            added.push_back({{"id", id}, {"content", bytes}, {"special", true}});
        }
    }
    for (const bitnet::Merge& merge : vocabulary.merges) {
        const std::string left = bitnet::to_printable(vocabulary.bytes(merge.left));
        const std::string right = bitnet::to_printable(vocabulary.bytes(merge.right));
        merges.push_back(merges_as_pairs ? json{left, right} : json(left + " " + right));
    }
    return {{"version", "1.0"},
            {"truncation", nullptr},
            {"padding", nullptr},
            {"added_tokens", added},
            {"normalizer", nullptr},
            {"pre_tokenizer", split_by(llama3_pattern)},
            {"post_processor", around("<|begin_of_text|>", vocabulary.find_special("<|begin_of_text|>"))},
            {"decoder", {{"type", "ByteLevel"}}},
            {"model",
             {{"type", "BPE"}, {"dropout", nullptr}, {"ignore_merges", true}, {"vocab", vocab}, {"merges", merges}}}};
}

}  // namespace bitnet_tests
