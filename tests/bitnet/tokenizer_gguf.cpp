#include "files/gguf_vocabulary.hpp"
#include "files/merge_reader.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "tokenizer/printable_bytes.hpp"
#include "tokenizer_fixture.hpp"

// What the keys of a GGUF file's tokenizer mean.

using namespace bitnet_tests;
using bitnet::Tokenizer;
using bitnet::Vocabulary;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string silu = TESTS_DIR "/golden/families/bitnet-silu.gguf";

/// Writes metadata, and reads it again as a vocabulary.
template <class Write>
Vocabulary read(Write write) {
    const TemporaryFolder folder;
    bitnet::GgufWriter writer(folder / "file");
    write(writer);
    writer.finish();
    const std::string text = read_text(folder / "file");
    return bitnet::read_gguf_vocabulary(bitnet::Gguf(bytes_of(text), "file"));
}

Vocabulary through_gguf(const Vocabulary& vocabulary) {
    return read([&](bitnet::GgufWriter& writer) { bitnet::add_vocabulary(writer, vocabulary); });
}

Vocabulary silu_vocabulary() {
    const std::string text = read_text(silu);
    return bitnet::read_gguf_vocabulary(bitnet::Gguf(bytes_of(text), "silu"));
}

/// A byte-level tokenizer of 256 bytes, "ab", "abc" and some named tokens.
struct Keys {
    std::string model = "gpt2", pre = "qwen2";
    int type = 4;  // of "<x>"
    std::vector<std::string> merges = {"a b"};

    void write(bitnet::GgufWriter& writer) const {
        std::vector<std::string> tokens;
        for (int byte = 0; byte < 256; ++byte)
            tokens.push_back(bitnet::to_printable(std::string(1, static_cast<char>(byte))));
        std::vector<std::int32_t> types(256, 1);
        for (const auto& [token, kind] : {std::pair<const char*, int>{"ab", 1},
                                          {"abc", 1},
                                          {"<x>", type},
                                          {"<c>", 3},
                                          {"<|im_end|>", 3},
                                          {"<|endoftext|>", 3},
                                          {"<m>", 3},
                                          {"", 5}}) {
            tokens.emplace_back(token);
            types.push_back(kind);
        }
        writer.add("tokenizer.ggml.model", model);
        if (!pre.empty()) writer.add("tokenizer.ggml.pre", pre);
        writer.add("tokenizer.ggml.tokens", tokens);
        writer.add("tokenizer.ggml.token_type", types);
        writer.add("tokenizer.ggml.merges", merges);
    }
};

using Add = void (*)(bitnet::GgufWriter&);

Vocabulary with(const Keys& keys, Add add = [](bitnet::GgufWriter&) {}) {
    return read([&](bitnet::GgufWriter& writer) {
        keys.write(writer);
        add(writer);
    });
}

using Ids = std::vector<int>;

}  // namespace

TEST_CASE("SentencePiece's test vectors") {
    const Tokenizer tokenizer(silu_vocabulary());
    const auto json = nlohmann::json::parse(read_text(TESTS_DIR "/golden/families/bitnet-silu.json"));
    const auto& vectors = json.at("tokenizer_vectors");
    CHECK(vectors.size() == 13);
    for (const auto& vector : vectors) {
        const auto text = vector.at("text").get<std::string>();
        CAPTURE(text);
        const auto ids = vector.at("ids").get<Ids>();
        CHECK(tokenizer.encode(text) == ids);
        CHECK(tokenizer.decode(ids) == text);
        Ids behind_bos = ids;
        behind_bos.insert(behind_bos.begin(), 1);
        CHECK(tokenizer.encode_with_bos(text) == behind_bos);
    }
}

TEST_CASE("SentencePiece's tokens: names, spaces, bytes") {
    const Tokenizer tokenizer(silu_vocabulary());
    CHECK(tokenizer.is_stop(2));
    CHECK(tokenizer.encode("</s>hello", true) == Ids{2, 270});  // the space stands in front of each part
    CHECK(tokenizer.encode("</s>hello").size() > 4);
    CHECK(tokenizer.encode("a\xe2\x96\x81\x62") == tokenizer.encode("a b"));
    CHECK(tokenizer.encode("lll") == Ids{282, 265, 298});  // the leftmost two of equals
    CHECK(tokenizer.piece(270) == " hello");
    CHECK(tokenizer.piece(13) == "\n");
    CHECK(tokenizer.decode(tokenizer.encode("[PAD314]")) == "[PAD314]");
    CHECK(std::ranges::count(tokenizer.encode("[PAD314]", true), 314) == 0);
    std::mt19937_64 random(4);
    for (int i = 0; i < 200; ++i) {
        std::string bytes(random() % 300, '\0');
        for (char& c : bytes)
            c = "hello \n\xc3\xa9\xff"[(random() >> 32) % 11];
        if (tokenizer.decode(tokenizer.encode(bytes)) != bytes) FAIL("lost bytes, round " << i);
    }
    CHECK(tokenizer.decode(tokenizer.encode(std::string(200'000, 'l'))).size() == 200'000);
}

TEST_CASE("SentencePiece's tokenizer goes through GGUF unchanged, and each of its keys counts") {
    const Vocabulary vocabulary = silu_vocabulary();
    const Vocabulary again = through_gguf(vocabulary);
    CHECK(again.scores == vocabulary.scores);
    CHECK(Tokenizer(Vocabulary(again)).encode_with_bos("hello world \xcf\x80") ==
          Tokenizer(Vocabulary(vocabulary)).encode_with_bos("hello world \xcf\x80"));
    Vocabulary other = vocabulary;
    other.space_prefix = bitnet::SpacePrefix::never;
    CHECK(Tokenizer(through_gguf(other)).encode("a") != Tokenizer(Vocabulary(vocabulary)).encode("a"));
    other = vocabulary;
    std::swap(other.scores[269], other.scores[268]);  // "lo" in front of " hell"
    std::swap(other.scores[269], other.scores[260]);
    CHECK(Tokenizer(through_gguf(other)).encode("hello") != Ids{270});
    other = vocabulary;
    other.scores.pop_back();
    CHECK_THAT(refusal([&] { through_gguf(other); }), ContainsSubstring("\"tokenizer.ggml.scores\""));
    other = vocabulary;
    other.tokens[5].kind = bitnet::TokenKind::unused;
    CHECK_THAT(refusal([&] { Tokenizer tokenizer(through_gguf(other)); }),
               ContainsSubstring("a token for each byte, found none for 2"));
}

TEST_CASE("what a GGUF file says of its tokenizer changes the ids") {
    CHECK(Tokenizer(with({})).encode("abc12") == Ids{256, 'c', '1', '2'});
    CHECK(Tokenizer(with({.pre = "llama-bpe"})).encode("abc12") == Ids{257, '1', '2'});
    CHECK(Tokenizer(with({.pre = "falcon_e"})).encode("abc") == Ids{257});
    CHECK(Tokenizer(with({.pre = "smaug-bpe"})).encode("abc") == Ids{256, 'c'});
    CHECK(with({}).split != with({.pre = "falcon3"}).split);
    // User-defined tokens are part of any text, control tokens where they are asked for.
    const Tokenizer tokenizer(with({}));
    CHECK(tokenizer.encode("a<x><c>") == Ids{'a', 258, '<', 'c', '>'});
    CHECK(tokenizer.encode("a<x><c>", true) == Ids{'a', 258, 259});
    CHECK_FALSE(tokenizer.is_special(258));
    CHECK(tokenizer.is_special(259));
    CHECK(Tokenizer(with({.type = 3})).encode("<x>").size() == 3);
    CHECK(Tokenizer(with({.type = 2})).is_special(258));
    CHECK(Tokenizer(with({.type = 5})).encode("<x>", true).size() == 3);
    CHECK(tokenizer.encode_message("<c>", "<c><x>", "<c>") == Ids{259, '<', 'c', '>', 258, 259});
    CHECK(tokenizer.encode_message("<", "c", ">").size() == 3);
}

TEST_CASE("merges of a GGUF file are of tokens that there are") {
    const auto refused = [](const std::string& merge) {
        return refusal([&] {
            read([&](bitnet::GgufWriter& writer) {
                Keys keys;
                keys.merges.push_back(merge);
                keys.write(writer);
            });
        });
    };
    CHECK(refused("ab c").empty());
    CHECK_THAT(refused("b c"), ContainsSubstring("a token \"bc\" for the merge \"b c\" in \"tokenizer.ggml.merges\""));
    CHECK_THAT(refused("a bc"), ContainsSubstring("a token \"bc\" for the merge \"a bc\""));
    for (const char* bad : {"", "ab", "a b c"})
        CHECK_THAT(refused(bad), ContainsSubstring("two tokens with a space between them"));
    // A name is cut out of a text before, so that no merge ever makes it.
    Vocabulary vocabulary = bitnet_tests::byte_vocabulary();
    vocabulary.add("ab", bitnet::TokenKind::user_defined);
    bitnet::MergeReader reader(vocabulary, "merges", "file");
    reader.add("a b");
    CHECK(vocabulary.merges.empty());
}

TEST_CASE("Qwen's text is brought to normal form C, and others' isn't") {
    const Tokenizer qwen(with({})), other(with({.pre = "llama-bpe"}));
    CHECK(qwen.encode("e\xcc\x81") == Ids{0xc3, 0xa9});
    CHECK(other.encode("e\xcc\x81").size() == 3);
    CHECK(qwen.encode("e<x>\xcc\x81") == Ids{'e', 258, 0xcc, 0x81});
    CHECK_THROWS_AS(qwen.encode("\xef\xa4\x80"), bitnet::UnsupportedText);
    CHECK(other.encode("\xef\xa4\x80").size() == 3);
}

TEST_CASE("BOS, EOS and what ends a text") {
    const auto prompt = [](const Vocabulary& vocabulary) {
        return Tokenizer(Vocabulary(vocabulary)).encode_with_bos("a");
    };
    const Add bos = [](bitnet::GgufWriter& w) { w.add("tokenizer.ggml.bos_token_id", 259u); };
    CHECK(prompt(with({}, bos)) == Ids{'a'});
    CHECK(Tokenizer(with({}, bos)).bos() == -1);
    CHECK(prompt(with({.pre = "llama-bpe"}, bos)) == Ids{259, 'a'});
    CHECK(prompt(with({}, [](bitnet::GgufWriter& w) {
              w.add("tokenizer.ggml.bos_token_id", 259u);
              w.add("tokenizer.ggml.add_bos_token", true);
              w.add("tokenizer.ggml.eos_token_id", 262u);
              w.add("tokenizer.ggml.add_eos_token", true);
          })) == Ids{259, 'a', 262});
    CHECK(prompt(with({.pre = "llama-bpe"}, [](bitnet::GgufWriter& w) {
              w.add("tokenizer.ggml.bos_token_id", 259u);
              w.add("tokenizer.ggml.add_bos_token", false);
          })) == Ids{'a'});
    const Tokenizer tokenizer(with({}, [](bitnet::GgufWriter& w) {
        w.add("tokenizer.ggml.eos_token_id", 256u);
        w.add("tokenizer.ggml.eot_token_id", 257u);
        w.add("tokenizer.ggml.eom_token_id", 262u);
    }));
    for (const int id : {256, 257, 262, 260, 261})
        CHECK(tokenizer.is_stop(id));
    for (const int id : {-1, 258, 259})
        CHECK_FALSE(tokenizer.is_stop(id));
    Vocabulary vocabulary = with({});
    vocabulary.stops.push_back(262);
    CHECK(Tokenizer(through_gguf(vocabulary)).is_stop(262));
    vocabulary.stops.push_back(259);
    CHECK_THAT(refusal([&] { through_gguf(vocabulary); }), ContainsSubstring("three stop tokens"));
}

TEST_CASE("what a GGUF file says of its tokenizer and this program doesn't do is refused, with key and value") {
    struct Case {
        Keys keys;
        Add add;
        std::vector<const char*> parts;
    };
    const Add nothing = [](bitnet::GgufWriter&) {};
    const std::vector<Case> cases = {
        {{.model = "t5"}, nothing, {"\"tokenizer.ggml.model\"", "\"t5\""}},
        {{.pre = "gpt-4o"}, nothing, {"\"tokenizer.ggml.pre\"", "\"gpt-4o\"", "\"qwen2\""}},
        {{.pre = "default"}, nothing, {"\"tokenizer.ggml.pre\"", "\"default\""}},
        {{.pre = ""}, nothing, {"\"tokenizer.ggml.pre\"", "\"default\""}},
        {{.type = 6}, nothing, {"\"tokenizer.ggml.token_type\" is 6", "\"<x>\""}},
        {{.type = 7}, nothing, {"\"tokenizer.ggml.token_type\"", "7"}},
        {{.model = "llama", .pre = "default"}, nothing, {"\"tokenizer.ggml.scores\""}},
        {{.model = "llama"}, nothing, {"\"tokenizer.ggml.pre\"", "\"qwen2\""}},
        {{},
         [](bitnet::GgufWriter& w) { w.add("tokenizer.ggml.add_space_prefix", true); },
         {"false in \"tokenizer.ggml.add_space_prefix\"", "true"}},
        {{},
         [](bitnet::GgufWriter& w) { w.add("tokenizer.ggml.remove_extra_whitespaces", true); },
         {"\"tokenizer.ggml.remove_extra_whitespaces\"", "true"}},
        {{},
         [](bitnet::GgufWriter& w) { w.add("tokenizer.ggml.add_sep_token", true); },
         {"\"tokenizer.ggml.add_sep_token\"", "true"}},
        {{},
         [](bitnet::GgufWriter& w) { w.add("tokenizer.ggml.add_bos_token", 1u); },
         {"true or false in \"tokenizer.ggml.add_bos_token\"", "1"}},
        {{},
         [](bitnet::GgufWriter& w) { w.add("tokenizer.ggml.eom_token_id", 264u); },
         {"an id below 264 in \"tokenizer.ggml.eom_token_id\"", "264"}},
    };
    for (const Case& one : cases) {
        const std::string line = refusal([&] { with(one.keys, one.add); });
        for (const char* part : one.parts)
            CHECK_THAT(line, ContainsSubstring(part));
    }
    CHECK(refusal([] { with({}); }).empty());
}

TEST_CASE("keys that change no text are named, and none of those that do") {
    const auto keys = bitnet::harmless_tokenizer_keys();
    for (const char* key : {"tokenizer.ggml.padding_token_id", "tokenizer.ggml.unknown_token_id"})
        CHECK(std::ranges::count(keys, std::string_view(key)) == 1);
    CHECK(std::ranges::count(keys, std::string_view("tokenizer.chat_template.*")) == 1);
    for (const char* key : {"tokenizer.ggml.pre", "tokenizer.chat_template", "tokenizer.ggml.precompiled_charsmap",
                            "tokenizer.ggml.merges"})
        CHECK(std::ranges::count(keys, std::string_view(key)) == 0);
}

TEST_CASE("chat templates and architectures come with the tokenizer") {
    const Vocabulary vocabulary = with({}, [](bitnet::GgufWriter& w) {
        w.add("tokenizer.chat_template", "{{ messages }}");
        w.add("general.architecture", "bitnet-25");
    });
    CHECK(vocabulary.chat_template == "{{ messages }}");
    CHECK(vocabulary.of_bitnet);
    CHECK(through_gguf(vocabulary).chat_template == "{{ messages }}");
    CHECK_FALSE(with({}).of_bitnet);
}
