#include "tokenizer_folder.hpp"

// Files of tokenizers that name tokens which they haven't, or more of a thing than there can be.

using namespace bitnet_tests;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

TEST_CASE("merges of tokens that there aren't, or to one, are refused by name") {
    const auto refused = [](const json& file, const json& merge) {
        json changed = file;
        changed["model"]["merges"].push_back(merge);
        return refusal([&] { read(changed); });
    };
    CHECK(refused(byte_level(), "ab c").empty());
    CHECK(refused(byte_level(), json::array({"ab", "c"})).empty());
    CHECK_THAT(refused(byte_level(), "b c"),
               ContainsSubstring("a token \"bc\" for the merge \"b c\" in \"merges\", found none"));
    CHECK_THAT(refused(byte_level(), json::array({"a", "bc"})),
               ContainsSubstring("a token \"bc\" for the merge \"a bc\""));
    CHECK_THAT(refused(byte_level(), json::array({"bc", "a"})),
               ContainsSubstring("a token \"bc\" for the merge \"bc a\""));
    CHECK_THAT(refused(byte_level(), json::array({"a b", "c"})), ContainsSubstring("a token \"a b\""));
    for (const json& bad : {json("ab"), json("a b c"), json(3), json::array({"a"}), json::array({"a", 3})})
        CHECK_THAT(refused(byte_level(), bad), ContainsSubstring("two tokens"));
    CHECK_THAT(refused(spaced(), "b b"), ContainsSubstring("a token \"bb\" for the merge \"b b\""));
}

TEST_CASE("ids far beyond the number of tokens are refused, not made room for") {
    json added = byte_level();
    added["added_tokens"][1]["id"] = 16'000'000;
    CHECK_THAT(refusal([&] { read(added); }),
               ContainsSubstring("token ids below 65") && ContainsSubstring("found 16000000"));
    added["added_tokens"][1]["id"] = 1000;
    CHECK(read(added).size() == 1001);
    json vocab = byte_level();
    vocab["model"]["vocab"]["abcd"] = 100'000;
    CHECK_THAT(refusal([&] { read(vocab); }), ContainsSubstring("token ids below 65"));
    const json decoder = {{"added_tokens_decoder", {{"16000000", {{"content", "<far>"}}}}}};
    CHECK_THAT(Folder(byte_level()).add("tokenizer_config.json", decoder).refusal(),
               ContainsSubstring("tokenizer_config.json: expected token ids below 65"));
    CHECK_THAT(Folder(byte_level()).add("added_tokens.json", {{"<far>", 16'000'000}}).refusal(),
               ContainsSubstring("added_tokens.json: expected token ids below 65"));
}

TEST_CASE("what stands around a text has the text in it, once") {
    const auto refused = [](const json& single) {
        return refusal([&] { read(with(byte_level(), "/post_processor/single", single)); });
    };
    const json text = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}, other = {{"Sequence", {{"id", "B"}}}};
    const json bos = {{"SpecialToken", {{"id", "<|begin_of_text|>"}, {"type_id", 0}}}};
    CHECK(refused(json::array({text})).empty());
    CHECK(refused(json::array({bos, text, bos})).empty());
    for (const json& bad : {json::array(), json::array({bos}), json::array({text, text}),
                            json::array({bos, text, text}), json::array({other}), json::array({bos, other})})
        CHECK_THAT(refused(bad), ContainsSubstring("the text, Sequence \"A\", once in \"post_processor\".\"single\""));
}
