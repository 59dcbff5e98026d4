#include <algorithm>
#include <filesystem>

#include "files/gguf_vocabulary.hpp"
#include "tokenizer_folder.hpp"

// What tokenizer.json, tokenizer.model and the files beside them mean.

using namespace bitnet_tests;
using bitnet::SpacePrefix;
using bitnet::Tokenizer;
using bitnet::TokenizerKind;
using bitnet::TokenKind;
using bitnet::Vocabulary;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

using Ids = std::vector<int>;

/// A SentencePiece model: fields of protocol buffers.
std::string varint(std::uint64_t number) {
    std::string bytes;
    for (; number >= 0x80; number >>= 7)
        bytes += static_cast<char>(0x80 | (number & 0x7f));
    return bytes + static_cast<char>(number);
}
std::string field(unsigned id, std::uint64_t number) {
    return varint(id << 3) + varint(number);
}
std::string field(unsigned id, const std::string& bytes) {
    return varint(id << 3 | 2) + varint(bytes.size()) + bytes;
}
std::string piece(const std::string& text, float score, std::uint64_t type) {
    return field(1, field(1, text) + varint(2 << 3 | 5) + GgufBytes().number(score).text + field(3, type));
}
std::string pieces() {
    std::string model = piece("<unk>", 0, 2) + piece("<s>", 0, 3) + piece("</s>", 0, 3);
    for (int byte = 0; byte < 256; ++byte)
        model += piece(std::string("<0x") + "0123456789ABCDEF"[byte / 16] + "0123456789ABCDEF"[byte % 16] + ">", 0, 6);
    return model + piece(mark, -4, 1) + piece("a", -5, 1) + piece(mark + std::string("a"), -1, 1);  // 259, 260, 261
}
std::string trainer(std::uint64_t type = 2) {
    return field(
        2, field(3, type) + field(40, std::uint64_t{0}) + field(41, std::uint64_t{1}) + field(42, std::uint64_t{2}));
}
std::string normalizer(const std::string& name = "identity", std::uint64_t prefix = 1, std::uint64_t remove = 0) {
    return field(3, field(1, name) + field(3, prefix) + field(4, remove) + field(5, std::uint64_t{1}));
}

}  // namespace

TEST_CASE("what a byte-level tokenizer.json says changes the ids") {
    const json file = byte_level();
    CHECK(tokenizer_of(file).encode_with_bos("abc12") == Ids{258, 257, '1', '2'});
    CHECK(tokenizer_of(with(file, "/model/ignore_merges", false)).encode("abc") == Ids{256, 'c'});
    CHECK(tokenizer_of(with(file, "/post_processor", nullptr)).encode_with_bos("a") == Ids{'a'});
    CHECK(tokenizer_of(with(file, "/post_processor", around("<end>", 259))).encode_with_bos("a") == Ids{259, 'a'});
    CHECK(tokenizer_of(with(file, "/post_processor", around("<end>", 259, true))).encode_with_bos("a") ==
          Ids{'a', 259});
    const json pair = {{"type", "Sequence"}, {"processors", {json{{"type", "ByteLevel"}}, around("<end>", 259)}}};
    CHECK(tokenizer_of(with(file, "/post_processor", pair)).bos() == 259);
    CHECK(read(file).split == bitnet::SplitPattern::llama3);
    std::string qwen2 = llama3_pattern;
    qwen2.erase(qwen2.find("{1,3}"), 5);
    CHECK(read(with(file, "/pre_tokenizer", split_by(qwen2))).split == bitnet::SplitPattern::qwen2);
    CHECK(read(with(file, "/pre_tokenizer", {{"type", "ByteLevel"}})).split == bitnet::SplitPattern::gpt2);
    const json removed = with(with(file, "/pre_tokenizer/pretokenizers/0/behavior", "Removed"),
                              "/pre_tokenizer/pretokenizers/0/invert", true);
    CHECK(read(removed).split == bitnet::SplitPattern::llama3);
    CHECK(read(with(file, "/normalizer", {{"type", "NFC"}})).composed);
    CHECK_FALSE(read(file).composed);
    CHECK(tokenizer_of(file).encode("<end>").size() == 5);
    CHECK(tokenizer_of(with(file, "/added_tokens/1/special", false)).encode("<end>") == Ids{259});
    CHECK_FALSE(tokenizer_of(with(file, "/added_tokens/1/special", false)).is_special(259));
}

TEST_CASE("a tokenizer.json like LLaMA-2's") {
    const Tokenizer tokenizer = tokenizer_of(spaced());
    CHECK(tokenizer.encode_with_bos("ab") == Ids{1, 264});
    CHECK(tokenizer.encode("aab") == Ids{262, 263});
    CHECK(tokenizer.encode("b") == Ids{259, 261});
    CHECK(tokenizer.encode("\xc3\xa9") == Ids{259, 3 + 0xc3, 3 + 0xa9});
    CHECK(tokenizer.encode("a</s>a", true) == Ids{262, 2, 262});
    CHECK(tokenizer.decode(tokenizer.encode("a b\xff")) == "a b\xff");
    CHECK(tokenizer.is_stop(2));
    // Newer files have a pre-tokenizer for it.
    json newer = with(spaced(), "/normalizer", nullptr);
    newer["pre_tokenizer"] = {
        {"type", "Metaspace"}, {"replacement", mark}, {"prepend_scheme", "first"}, {"split", false}};
    CHECK(tokenizer_of(newer).encode("a</s>a", true) == Ids{262, 2, 260});
    newer["pre_tokenizer"]["prepend_scheme"] = "never";
    CHECK(tokenizer_of(newer).encode("a") == Ids{260});
    newer["pre_tokenizer"]["prepend_scheme"] = "always";
    CHECK(tokenizer_of(newer).encode("a</s>a", true) == Ids{262, 2, 262});
}

TEST_CASE("a tokenizer.json like LLaMA-2's goes through GGUF") {
    const TemporaryFolder folder;
    const auto through_gguf = [&](const json& file) {
        bitnet::GgufWriter writer(folder / "file");
        bitnet::add_vocabulary(writer, read(file));
        writer.finish();
        const std::string text = read_text(folder / "file");
        return Tokenizer(bitnet::read_gguf_vocabulary(bitnet::Gguf(bytes_of(text), "file")));
    };
    const Tokenizer tokenizer = tokenizer_of(spaced()), again = through_gguf(spaced());
    for (const char* text : {"ab", "aab b", "", "\xc3\xa9 ", "  ab"})
        CHECK(again.encode_with_bos(text) == tokenizer.encode_with_bos(text));
    // Scores join whatever is a token, and rank tokens, not pairs.
    json merges = spaced()["model"]["merges"];
    for (const auto& [from, to] : {std::pair(3, 0), std::pair(3, 3)}) {
        json others = merges;
        if (from == to) others.erase(3);
        if (from != to) std::swap(others[3], others[0]);
        CHECK_THAT(refusal([&] { through_gguf(with(spaced(), "/model/merges", others)); }),
                   ContainsSubstring("merges that scores can stand for"));
    }
}

TEST_CASE("what a tokenizer.json declares and this program doesn't do is refused, with key and value") {
    struct Case {
        const char* pointer;
        json value;
        std::vector<std::string> parts;
    };
    const std::vector<Case> cases = {
        {"/model/type", "Unigram", {"type \"BPE\"", "\"Unigram\""}},
        {"/model/dropout", 0.1, {"\"model\".\"dropout\"", "0.1"}},
        {"/model/continuing_subword_prefix", "##", {"\"continuing_subword_prefix\"", "##"}},
        {"/model/end_of_word_suffix", "</w>", {"\"end_of_word_suffix\"", "</w>"}},
        {"/model/ignore_merges", 1, {"true or false", "\"ignore_merges\"", "1"}},
        {"/model/new_key", 1, {"no key that this program doesn't know", "\"model\".\"new_key\": 1"}},
        {"/new_key", {1}, {"\"new_key\": [1]"}},
        {"/normalizer", {{"type", "NFKC"}}, {"\"normalizer\".\"type\"", "NFKC"}},
        {"/normalizer", {{"type", "Prepend"}, {"prepend", "x"}}, {"\"prepend\"", "\"x\""}},
        {"/normalizer", {{"type", "Prepend"}, {"prepend", mark}}, {"Prepend", "ByteLevel"}},
        {"/normalizer",
         {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "b"}},
         {"\"normalizer\".\"pattern\"", "String"}},
        {"/pre_tokenizer", nullptr, {"\"pre_tokenizer\"", "neither"}},
        {"/pre_tokenizer", {{"type", "Digits"}}, {"\"pre_tokenizer\".\"type\"", "Digits"}},
        {"/pre_tokenizer/pretokenizers/0/pattern/Regex", "\\d", {"\"pattern\"", "\\\\d"}},
        {"/pre_tokenizer/pretokenizers/0/behavior", "MergedWithNext", {"\"behavior\"", "MergedWithNext"}},
        {"/pre_tokenizer/pretokenizers/0/invert", true, {"\"invert\"", "true"}},
        {"/pre_tokenizer/pretokenizers/1/use_regex", true, {"\"use_regex\"", "true"}},
        {"/pre_tokenizer/pretokenizers/1/add_prefix_space", true, {"\"add_prefix_space\"", "true"}},
        {"/pre_tokenizer/pretokenizers/2", {{"type", "ByteLevel"}, {"use_regex", false}}, {"one ByteLevel"}},
        {"/pre_tokenizer/pretokenizers/2", split_by(llama3_pattern)["pretokenizers"][0], {"in front of ByteLevel"}},
        {"/pre_tokenizer/pretokenizers/1/other", 7, {"\"pre_tokenizer\".\"other\": 7"}},
        {"/pre_tokenizer/pretokenizers", 7, {"an array in \"pre_tokenizer\".\"pretokenizers\"", "7"}},
        {"/post_processor", {{"type", "BertProcessing"}}, {"\"post_processor\".\"type\"", "BertProcessing"}},
        {"/post_processor/single/0/SpecialToken/id", "<x>", {"\"single\"", "<x>"}},
        {"/post_processor/single/0", 3, {"\"single\"", "3"}},
        {"/decoder", {{"type", "WordPiece"}}, {"\"decoder\".\"type\"", "WordPiece"}},
        {"/added_tokens/0/lstrip", true, {"\"lstrip\"", "true"}},
        {"/added_tokens/0/rstrip", true, {"\"rstrip\"", "true"}},
        {"/added_tokens/0/single_word", true, {"\"single_word\"", "true"}},
        {"/added_tokens/0/id", 97, {"token 97 to be \"a\", found \"<|begin_of_text|>\""}},
    };
    for (const Case& one : cases) {
        CAPTURE(one.pointer);
        const std::string line = refusal([&] { read(with(byte_level(), one.pointer, one.value)); });
        for (const std::string& part : one.parts)
            CHECK_THAT(line, ContainsSubstring(part));
    }
    const std::vector<Case> of_spaced = {
        {"/model/byte_fallback", false, {"\"byte_fallback\"", "false"}},
        {"/added_tokens/1/normalized", true, {"false for \"<s>\" in \"added_tokens\".\"normalized\"", "true"}},
        {"/pre_tokenizer", split_by(llama3_pattern), {"both"}},
        {"/normalizer/normalizers/2",
         {{"type", "Prepend"}, {"prepend", mark}},
         {"one step that puts a space in front"}},
        {"/pre_tokenizer", {{"type", "Metaspace"}, {"replacement", mark}}, {"\"split\""}},
    };
    for (const Case& one : of_spaced) {
        CAPTURE(one.pointer);
        const std::string line = refusal([&] { read(with(spaced(), one.pointer, one.value)); });
        for (const std::string& part : one.parts)
            CHECK_THAT(line, ContainsSubstring(part));
    }
    json no_bytes = spaced();
    no_bytes["model"]["vocab"].erase("<0x41>");
    CHECK_THAT(refusal([&] { tokenizer_of(no_bytes); }), ContainsSubstring("a token for each byte, found none for 65"));
}

TEST_CASE("files beside a tokenizer.json name what begins and ends a text") {
    const json file = with(byte_level(), "/post_processor", nullptr);
    CHECK(Folder(file).tokenizer().encode_with_bos("a") == Ids{'a'});
    CHECK(Folder(file).add("tokenizer_config.json", {{"add_bos_token", true}}).tokenizer().encode_with_bos("a") ==
          Ids{258, 'a'});
    CHECK(Folder(byte_level()).add("tokenizer_config.json", {{"add_bos_token", false}}).tokenizer().bos() == -1);
    const json config = {
        {"add_bos_token", true}, {"add_eos_token", true}, {"bos_token", {{"content", "<end>"}}}, {"eos_token", "ab"}};
    CHECK(Folder(file).add("tokenizer_config.json", config).tokenizer().encode_with_bos("a") == Ids{259, 'a', 256});
    const Tokenizer ends = Folder(file)
                               .add("tokenizer_config.json", {{"eos_token", "<end>"}})
                               .add("generation_config.json", {{"eos_token_id", {256, 257}}})
                               .add("config.json", {{"eos_token_id", 'z'}, {"bos_token_id", 'y'}, {"other", 1}})
                               .tokenizer();
    CHECK(ends.eos() == 259);
    for (const int id : {256, 257, 259, int{'z'}})
        CHECK(ends.is_stop(id));
    CHECK_FALSE(ends.is_stop('y'));
    const Vocabulary ids = Folder(file).add("config.json", {{"eos_token_id", 256}, {"bos_token_id", 257}}).read();
    CHECK(ids.eos == 256);
    CHECK(ids.bos == 257);
    CHECK(Folder(file).add("config.json", {{"model_type", "bitnet"}}).read().of_bitnet);
    CHECK_FALSE(Folder(file).add("config.json", {{"model_type", "llama"}}).read().of_bitnet);
}

TEST_CASE("chat templates and added tokens beside a tokenizer.json") {
    const json file = byte_level();
    Folder folder(file);
    CHECK(folder.add("tokenizer_config.json", {{"chat_template", "one"}}).read().chat_template == "one");
    const json several = {{{"name", "tool_use"}, {"template", "x"}}, {{"name", "default"}, {"template", "two"}}};
    CHECK(folder.add("tokenizer_config.json", {{"chat_template", several}}).read().chat_template == "two");
    CHECK(folder.add("chat_template.jinja", 3).read().chat_template == "3");
    const json added = {{"260", {{"content", "<new>"}, {"special", true}}}, {"259", {{"content", "<end>"}}}};
    const Vocabulary vocabulary = Folder(file)
                                      .add("tokenizer_config.json", {{"added_tokens_decoder", added}})
                                      .add("added_tokens.json", {{"<newer>", 261}, {"<new>", 260}})
                                      .read();
    CHECK(vocabulary.find_special("<new>") == 260);
    CHECK(vocabulary.kind(259) == TokenKind::user_defined);
    CHECK(vocabulary.bytes(261) == "<newer>");
    CHECK(vocabulary.kind(261) == TokenKind::user_defined);
}

TEST_CASE("what lies beside a tokenizer.json and this program doesn't do is refused, with key and value") {
    struct Case {
        const char* name;
        json content;
        std::vector<const char*> parts;
    };
    const std::vector<Case> cases = {
        {"tokenizer_config.json", {{"surprise", 3}}, {"\"surprise\": 3"}},
        {"tokenizer_config.json", {{"add_prefix_space", true}}, {"\"add_prefix_space\"", "true"}},
        {"tokenizer_config.json", {{"split_special_tokens", true}}, {"\"split_special_tokens\"", "true"}},
        {"tokenizer_config.json", {{"add_bos_token", "yes"}}, {"\"add_bos_token\"", "yes"}},
        {"tokenizer_config.json", {{"bos_token", "<none>"}}, {"\"bos_token\"", "<none>"}},
        {"tokenizer_config.json", {{"chat_template", 1}}, {"\"chat_template\"", "1"}},
        {"tokenizer_config.json",
         {{"added_tokens_decoder", {{"97", {{"content", "<x>"}}}}}},
         {"token 97 to be \"a\", found \"<x>\""}},
        {"tokenizer_config.json", {{"added_tokens_decoder", {{"x", json::object()}}}}, {"token ids"}},
        {"added_tokens.json", {{"<x>", 97}}, {"token 97"}},
        {"generation_config.json", {{"eos_token_id", {1, 999}}}, {"\"eos_token_id\"", "[1,999]"}},
        {"config.json", {{"bos_token_id", "one"}}, {"\"bos_token_id\"", "one"}},
        {"config.json", json::array(), {"a JSON object"}},
    };
    for (const Case& one : cases) {
        CAPTURE(one.content.dump());
        const std::string line = Folder(byte_level()).add(one.name, one.content).refusal();
        CHECK_THAT(line, ContainsSubstring(one.name));
        for (const char* part : one.parts)
            CHECK_THAT(line, ContainsSubstring(part));
    }
}

TEST_CASE("SentencePiece's own model file") {
    const TemporaryFolder folder;
    const std::string path = folder / "tokenizer.model";
    const auto read = [&](const std::string& bytes) {
        write_text(path, bytes);
        return bitnet::read_tokenizer_model(path);
    };
    const auto refused = [&](const std::string& bytes) { return refusal([&] { read(bytes); }); };
    const Tokenizer tokenizer(read(pieces() + trainer() + normalizer()));
    CHECK(tokenizer.encode_with_bos("a") == Ids{1, 261});
    CHECK(tokenizer.encode("a</s>a", true) == Ids{261, 2, 261});
    CHECK(tokenizer.is_stop(2));
    CHECK(Tokenizer(read(pieces() + trainer() + normalizer("identity", 0))).encode("a") == Ids{260});
    CHECK_THAT(refused(pieces() + trainer(1) + normalizer()), ContainsSubstring("model_type 2 (BPE), found 1"));
    CHECK_THAT(refused(pieces() + trainer() + normalizer("nmt_nfkc")), ContainsSubstring("found \"nmt_nfkc\""));
    CHECK_THAT(refused(pieces() + trainer() + normalizer("identity", 1, 1)),
               ContainsSubstring("remove_extra_whitespaces"));
    CHECK_THAT(refused(pieces() + field(2, field(3, std::uint64_t{2}) + field(24, std::uint64_t{1})) + normalizer()),
               ContainsSubstring("treat_whitespace_as_suffix false, found true"));
    CHECK_THAT(refused((pieces() + trainer()).substr(0, 500)), ContainsSubstring("tokenizer.model: expected a Sent"));
    write_text(folder / "tokenizer_config.json", R"({"add_bos_token": false, "legacy": false})");
    write_text(folder / "added_tokens.json", R"({"<pad>": 262})");
    const Tokenizer with_config(read(pieces() + trainer() + normalizer()));
    CHECK(with_config.encode_with_bos("a") == Ids{261});
    CHECK(with_config.encode("a<pad>a") == Ids{261, 262, 260});
}
