#pragma once

#include <string>
#include <utility>

#include "files/vocabulary_files.hpp"
#include "tokenizer_fixture.hpp"
#include "tokenizer_json.hpp"

namespace bitnet_tests {

inline constexpr const char* mark = "\xe2\x96\x81";

/// 256 bytes, "ab", "abc", which no merge makes, and two named tokens.
inline nlohmann::json byte_level() {
    bitnet::Vocabulary vocabulary = byte_vocabulary();
    vocabulary.add("ab", bitnet::TokenKind::text);
    vocabulary.add("abc", bitnet::TokenKind::text);
    vocabulary.add("<|begin_of_text|>", bitnet::TokenKind::special);  // 258
    vocabulary.add("<end>", bitnet::TokenKind::special);              // 259
    vocabulary.merges.push_back({'a', 'b', 256, 0});
    return tokenizer_json(vocabulary);
}

/// As LLaMA-2's: <unk>, <s>, </s>, the bytes, and some characters and merges.
inline nlohmann::json spaced() {
    nlohmann::json vocab = {{"<unk>", 0}, {"<s>", 1}, {"</s>", 2}};
    for (int byte = 0; byte < 256; ++byte)
        vocab[std::string("<0x") + "0123456789ABCDEF"[byte / 16] + "0123456789ABCDEF"[byte % 16] + ">"] = 3 + byte;
    int id = 259;
    for (const std::string& token : {std::string(mark), std::string("a"), std::string("b"), mark + std::string("a"),
                                     std::string("ab"), mark + std::string("ab")})
        vocab[token] = id++;
    nlohmann::json added = nlohmann::json::array();
    for (const auto& [name, number] : {std::pair("<unk>", 0), {"<s>", 1}, {"</s>", 2}})
        added.push_back({{"id", number},
                         {"content", name},
                         {"single_word", false},
                         {"lstrip", false},
                         {"rstrip", false},
                         {"normalized", false},
                         {"special", true}});
    const nlohmann::json replace = {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", mark}};
    const nlohmann::json back = {{"type", "Replace"}, {"pattern", {{"String", mark}}}, {"content", " "}};
    const nlohmann::json strip = {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}};
    return {
        {"added_tokens", added},
        {"normalizer",
         {{"type", "Sequence"}, {"normalizers", {nlohmann::json{{"type", "Prepend"}, {"prepend", mark}}, replace}}}},
        {"pre_tokenizer", nullptr},
        {"post_processor", around("<s>", 1)},
        {"decoder",
         {{"type", "Sequence"},
          {"decoders", {back, nlohmann::json{{"type", "ByteFallback"}}, nlohmann::json{{"type", "Fuse"}}, strip}}}},
        {"model",
         {{"type", "BPE"},
          {"unk_token", "<unk>"},
          {"fuse_unk", true},
          {"byte_fallback", true},
          {"vocab", vocab},
          {"merges", {mark + std::string(" a"), "a b", mark + std::string(" ab"), mark + std::string("a b")}}}}};
}

inline bitnet::Vocabulary read(const nlohmann::json& file) {
    return bitnet::read_tokenizer_json(file.dump(), "file");
}

inline bitnet::Tokenizer tokenizer_of(const nlohmann::json& file) {
    return bitnet::Tokenizer(read(file));
}

/// With a value in place of what a JSON pointer names.
inline nlohmann::json with(nlohmann::json file, const char* pointer, nlohmann::json value) {
    file[nlohmann::json::json_pointer(pointer)] = std::move(value);
    return file;
}

/// A folder with a tokenizer.json and other files.
class Folder {
 public:
    explicit Folder(const nlohmann::json& tokenizer) { add("tokenizer.json", tokenizer); }
    Folder& add(const std::string& name, const nlohmann::json& content) {
        write_text(folder_ / name, content.dump());
        return *this;
    }
    bitnet::Vocabulary read() const {
        const std::string path = folder_ / "tokenizer.json";
        return bitnet::read_tokenizer_json(read_text(path), path);
    }
    bitnet::Tokenizer tokenizer() const { return bitnet::Tokenizer(read()); }
    std::string refusal() const {
        return bitnet_tests::refusal([&] { read(); });
    }

 private:
    TemporaryFolder folder_;
};

}  // namespace bitnet_tests
