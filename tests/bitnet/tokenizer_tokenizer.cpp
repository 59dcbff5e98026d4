#include <bitnet/tokenizer.hpp>

#include <random>

#include "files/gguf_source.hpp"
#include "gguf_edit.hpp"
#include "tokenizer_fixture.hpp"

using namespace bitnet_tests;
using bitnet::Merge;
using bitnet::Tokenizer;
using bitnet::TokenKind;
using bitnet::Vocabulary;
using Catch::Matchers::ContainsSubstring;

namespace {

Vocabulary vocabulary_with_specials() {
    Vocabulary vocabulary = byte_vocabulary();
    vocabulary.add("<|a|>", TokenKind::special);   // 256
    vocabulary.add("<|a|>b", TokenKind::special);  // 257
    vocabulary.add("", TokenKind::special);        // 258: is never found
    vocabulary.add("filler", TokenKind::unused);   // 259
    vocabulary.bos = 256;
    return vocabulary;
}

std::string refused(const Vocabulary& vocabulary) {
    return refusal([&] { Tokenizer tokenizer{Vocabulary(vocabulary)}; });
}

}  // namespace

TEST_CASE("the golden model's tokenizer") {
    const Tokenizer tokenizer = bitnet::load_tokenizer(*bitnet::open_model(golden_gguf));
    CHECK(tokenizer.size() == 528);
    CHECK(tokenizer.bos() == 512);
    CHECK(tokenizer.eos() == 513);
    CHECK(tokenizer.end_of_turn() == 521);
    CHECK(tokenizer.special("<|eot_id|>") == 521);
    const auto ids = tokenizer.encode("the nation, and more");
    CHECK(ids.size() < 12);
    CHECK(tokenizer.decode(ids) == "the nation, and more");
    CHECK(tokenizer.encode("nation").size() < tokenizer.encode("xqxqxq").size());
    std::mt19937_64 random(3);
    for (int i = 0; i < 200; ++i) {
        std::string bytes(random() % 500, '\0');
        for (char& c : bytes)
            c = static_cast<char>(random() >> 32);
        if (tokenizer.decode(tokenizer.encode(bytes)) != bytes) FAIL("lost bytes, round " << i);
    }
}

TEST_CASE("special tokens are found only where the caller allows it") {
    const Tokenizer tokenizer(vocabulary_with_specials());
    CHECK(tokenizer.encode("x<|a|>y", true) == std::vector<int>{'x', 256, 'y'});
    CHECK(tokenizer.encode("x<|a|>y").size() == 7);
    CHECK(tokenizer.encode("<|a|><|a|>b<|a", true) == std::vector<int>{256, 257, '<', '|', 'a'});
    CHECK(tokenizer.encode("filler", true).size() == 6);
    CHECK(tokenizer.encode("", true).empty());
    CHECK(tokenizer.special("<|a|>") == 256);
    CHECK_FALSE(tokenizer.special("filler"));
    CHECK_FALSE(tokenizer.special(""));
    CHECK(tokenizer.is_special(257));
    CHECK_FALSE(tokenizer.is_special(65));
    CHECK(tokenizer.decode(std::vector<int>{72, 256}) == "H<|a|>");
    CHECK_FALSE(tokenizer.is_stop(-1));
}

TEST_CASE("ids that are none are refused") {
    const Tokenizer tokenizer(vocabulary_with_specials());
    CHECK_THROWS_AS(tokenizer.piece(-1), std::out_of_range);
    CHECK_THROWS_AS(tokenizer.piece(260), std::out_of_range);
    CHECK_THROWS_AS(tokenizer.is_special(260), std::out_of_range);
    CHECK_THROWS_AS(tokenizer.decode(std::vector<int>{1, 260}), std::out_of_range);
    CHECK(tokenizer.piece(259) == "filler");
}

TEST_CASE("vocabularies that contradict themselves are refused") {
    CHECK_THAT(refused(Vocabulary()), ContainsSubstring("a token for each byte, found none for 0"));
    for (const Merge& merge : {Merge{-1, 0, 1, 0}, Merge{0, 256, 1, 0}, Merge{0, 1, 256, 0}}) {
        Vocabulary vocabulary = byte_vocabulary();
        vocabulary.merges.push_back(merge);
        CHECK_THAT(refused(vocabulary), ContainsSubstring("merges of tokens below 256"));
    }
    Vocabulary vocabulary = byte_vocabulary();
    vocabulary.eos = 256;
    CHECK_THAT(refused(vocabulary), ContainsSubstring("special ids below 256, found 256"));
}

TEST_CASE("GGUF tokenizers that can't be used are refused") {
    const auto with = [](const std::string& from, const std::string& to) {
        std::string text = read_text(golden_gguf);
        text.replace(text.find(from), from.size(), to);
        return refusal([&] { bitnet::load_tokenizer(bitnet::GgufSource(in_memory(text))); });
    };
    CHECK(with("gpt2", "gpt2").empty());
    CHECK_THAT(with("gpt2", "bert"), ContainsSubstring("file: expected a tokenizer of model \"gpt2\" or \"llama\" in "
                                                       "\"tokenizer.ggml.model\", found \"bert\""));
    CHECK_THAT(with("llama-bpe", "other-bpe"), ContainsSubstring("in \"tokenizer.ggml.pre\", found \"other-bpe\""));
    CHECK_THAT(with("ggml.tokens", "ggml.tok.ns"), ContainsSubstring("expected a tokenizer, found none"));
    CHECK_THAT(with("ggml.merges", "ggml.merg.s"), ContainsSubstring("\"tokenizer.ggml.merges\""));
    const auto without = [](const std::string& key) {
        EditableGguf file(read_text(golden_gguf));
        REQUIRE(file.find(key) != nullptr);
        return refusal([&] { bitnet::load_tokenizer(bitnet::GgufSource(in_memory(file.erase(key).text()))); });
    };
    CHECK(without("tokenizer.ggml.pre").empty());
    CHECK(without("tokenizer.ggml.token_type").empty());
    CHECK_THAT(with("ggml.pre", "ggml.prx"), ContainsSubstring("no key \"tokenizer.ggml.prx\""));
    CHECK_THAT(
        with("t he", "t_he"),
        ContainsSubstring(
            "two tokens with a space between them in each of \"tokenizer.ggml.merges\", found \"\xc4\xa0t_he\""));
}
