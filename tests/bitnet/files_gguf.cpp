#include "files/gguf.hpp"

#include "files_fixture.hpp"

using namespace bitnet_tests;
using bitnet::Gguf;
using Catch::Matchers::ContainsSubstring;

namespace {

Gguf parse(const std::string& text) {
    return Gguf(bytes_of(text), "file");
}

std::string refused(const GgufBytes& bytes) {
    return refusal([&] { parse(bytes.text); });
}

constexpr std::uint64_t huge = ~std::uint64_t{0};

}  // namespace

TEST_CASE("the golden GGUF's metadata") {
    const std::string text = read_text(golden_gguf);
    const Gguf gguf = parse(text);
    CHECK(gguf.metadata().size() == 24);
    CHECK(gguf.tensors().size() == 35);
    CHECK(gguf.text("general.architecture") == "bitnet-b1.58");
    CHECK(gguf.integer("bitnet-b1.58.vocab_size") == 528);
    CHECK(gguf.real("bitnet-b1.58.rope.freq_base") == 500000);
    CHECK(gguf.texts("tokenizer.ggml.tokens").size() == 528);
    CHECK(gguf.texts("tokenizer.ggml.tokens")[512] == "<|begin_of_text|>");
    CHECK(gguf.integers("tokenizer.ggml.token_type")[512] == 3);
    const bitnet::GgufTensor* down = gguf.find_tensor("blk.2.ffn_down.weight");
    REQUIRE(down);
    CHECK(down->rows() == 256);
    CHECK(down->cols() == 768);
    CHECK(down->type == 36);
    CHECK_FALSE(gguf.find_tensor("blk.3.ffn_down.weight"));
}

TEST_CASE("every type of metadata value") {
    GgufBytes bytes;
    bytes.start(0, 15);
    bytes.value("u8", 0, std::uint8_t{255}).value("i8", 1, std::int8_t{-1}).value("u16", 2, std::uint16_t{65535});
    bytes.value("i16", 3, std::int16_t{7}).value("u32", 4, std::uint32_t{1} << 31).value("i32", 5, std::int32_t{-5});
    bytes.value("f32", 6, 1.5F).value("bool", 7, std::uint8_t{1}).value("text", "words");
    bytes.value("u64", 10, huge).value("i64", 11, std::int64_t{-9}).value("f64", 12, 0.1);
    bytes.name("texts").number(9).number(8).number(std::uint64_t{2}).name("one").name("");
    bytes.name("numbers").number(9).number(1).number(std::uint64_t{2}).number(std::int8_t{-128}).number(std::int8_t{3});
    // An array of arrays: nobody asks for it, and what follows it is still found.
    bytes.name("nested").number(9).number(9).number(std::uint64_t{2});
    bytes.number(8).number(std::uint64_t{1}).name("deep").number(4).number(std::uint64_t{1}).number(42);
    const Gguf gguf = parse(bytes.text);
    CHECK(gguf.integer("u8") == 255);
    CHECK(gguf.integer("u16") == 65535);
    CHECK(gguf.integer("i16") == 7);
    CHECK(gguf.integer("u32") == std::uint64_t{1} << 31);
    CHECK(gguf.integer("u64") == huge);
    CHECK(gguf.real("f32") == 1.5);
    CHECK(gguf.real("f64") == 0.1);
    CHECK(gguf.text("text") == "words");
    CHECK(gguf.texts("texts") == std::vector<std::string_view>{"one", ""});
    CHECK(gguf.integers("numbers") == std::vector<std::int64_t>{-128, 3});
    CHECK(gguf.contains("nested"));
    CHECK_THAT(refusal([&] { gguf.integer("i8"); }), ContainsSubstring("at least 0 in \"i8\", found -1"));
    CHECK_THAT(refusal([&] { gguf.integer("i32"); }), ContainsSubstring("found -5"));
    CHECK_THAT(refusal([&] { gguf.integer("i64"); }), ContainsSubstring("found -9"));
    CHECK_THAT(refusal([&] { gguf.integer("f32"); }), ContainsSubstring("in \"f32\", found f32"));
    CHECK_THAT(refusal([&] { gguf.integer("bool"); }), ContainsSubstring("found bool"));
    CHECK_THAT(refusal([&] { gguf.integer("numbers"); }), ContainsSubstring("found an array of 2 i8"));
    CHECK_THAT(refusal([&] { gguf.real("u8"); }), ContainsSubstring("a real number in \"u8\", found u8"));
    CHECK_THAT(refusal([&] { gguf.text("texts"); }), ContainsSubstring("found an array of 2 text"));
    CHECK_THAT(refusal([&] { gguf.texts("text"); }), ContainsSubstring("an array of texts in \"text\", found text"));
    CHECK_THAT(refusal([&] { gguf.integers("nested"); }), ContainsSubstring("found an array of 2 array"));
    CHECK_THAT(refusal([&] { gguf.text("absent"); }),
               ContainsSubstring("expected \"absent\" (text), found no such key"));
}

TEST_CASE("a GGUF file with a wrong start is refused") {
    CHECK_THAT(refusal([] { parse("GGU"); }), ContainsSubstring("found \"GGU\""));
    CHECK_THAT(refusal([] { parse("FUGG0000000000000000000000"); }), ContainsSubstring("found \"FUGG\""));
    CHECK_THAT(refused(GgufBytes().start(0, 0, 2)), ContainsSubstring("expected GGUF version 3, found version 2"));
    CHECK_THAT(refused(GgufBytes().start(0, 0, 0x03000000)), ContainsSubstring("a big-endian file"));
    CHECK_THAT(refused(GgufBytes().start(0, 0, 0)), ContainsSubstring("found version 0"));
    CHECK(refused(GgufBytes().start(0, 0)).empty());
}

TEST_CASE("counts and lengths beyond the end of the file are refused") {
    CHECK_THAT(refused(GgufBytes().start(0, huge)), ContainsSubstring("found 0 up to the end"));
    CHECK_THAT(refused(GgufBytes().start(huge, 0)), ContainsSubstring("found 0 up to the end"));
    CHECK_THAT(refused(GgufBytes().start(0, 1).number(huge)), ContainsSubstring("18446744073709551615 bytes of a"));
    CHECK_THAT(refused(GgufBytes().start(0, 1).number(std::uint64_t{3}).zeros(2)), ContainsSubstring("3 bytes of a"));
    for (const std::uint64_t count : {huge, huge / 8 + 2, std::uint64_t{1} << 61, std::uint64_t{3}}) {
        for (const std::uint32_t type : {0U, 5U, 8U, 9U, 11U}) {
            GgufBytes bytes;
            bytes.start(0, 1).name("key").number(9).number(type).number(count).zeros(type == 0 ? 2 : 10);
            CAPTURE(count, type);
            CHECK_THAT(refused(bytes), ContainsSubstring("up to the end of the file"));
        }
    }
}

TEST_CASE("impossible metadata is refused") {
    GgufBytes twice;
    twice.start(0, 2).value("key", 4, 1).value("key", 4, 2);
    CHECK_THAT(refused(twice), ContainsSubstring("each key once, found \"key\" twice"));
    CHECK_THAT(refused(GgufBytes().start(0, 1).value("key", 13, 1)), ContainsSubstring("a type of 0 to 12"));
    CHECK_THAT(refused(GgufBytes().start(0, 1).name("key").number(9).number(99).zeros(8)),
               ContainsSubstring("found 99"));
    GgufBytes nested;
    nested.start(0, 1).name("key").number(9);
    for (int i = 0; i < 1000; ++i)
        nested.number(9).number(std::uint64_t{1});
    CHECK_THAT(refused(nested), ContainsSubstring("arrays at most 4 deep"));
    for (const std::uint32_t alignment : {0U, 3U, 48U, 1U << 21}) {
        CHECK_THAT(refused(GgufBytes().start(0, 1).value("general.alignment", 4, alignment)),
                   ContainsSubstring("a power of two"));
    }
}

TEST_CASE("impossible tensors are refused") {
    const auto with = [](const std::vector<std::uint64_t>& dims, std::uint64_t offset = 0) {
        return refused(GgufBytes().start(1, 0).tensor("t", 0, dims, offset).pad().zeros(64));
    };
    CHECK(with({4, 4}).empty());
    CHECK(with({4, 4}, 64).empty());
    CHECK_THAT(with({}), ContainsSubstring("1 to 4 dimensions of tensor \"t\", found 0"));
    CHECK_THAT(with({1, 1, 1, 1, 1}), ContainsSubstring("1 to 4 dimensions of tensor \"t\", found 5"));
    CHECK_THAT(with({4, 0}), ContainsSubstring("at least 1"));
    CHECK_THAT(with({huge, 2}), ContainsSubstring("beyond 2^62"));
    CHECK_THAT(with({std::uint64_t{1} << 32, std::uint64_t{1} << 32}), ContainsSubstring("beyond 2^62"));
    CHECK_THAT(with({std::uint64_t{1} << 31, std::uint64_t{1} << 31, 3}), ContainsSubstring("beyond 2^62"));
    CHECK_THAT(with({4}, 1), ContainsSubstring("a multiple of 32, found 1"));
    CHECK_THAT(with({4}, 96), ContainsSubstring("within the 64 bytes of data, found 96"));
    CHECK_THAT(with({4}, huge - 31), ContainsSubstring("within the 64 bytes of data"));
    GgufBytes twice;
    twice.start(2, 0).tensor("t", 0, {1}).tensor("t", 0, {1}).pad().zeros(32);
    CHECK_THAT(refused(twice), ContainsSubstring("each tensor once, found \"t\" twice"));
}

TEST_CASE("data begins at the alignment that the file states") {
    GgufBytes bytes;
    bytes.start(1, 1).value("general.alignment", 4, 256U).tensor("t", 0, {1}, 256).pad(256).zeros(260);
    const Gguf gguf = parse(bytes.text);
    CHECK(gguf.data().size() == 260);
    CHECK_THAT(refusal([&] { parse(bytes.text.substr(0, 300)); }), ContainsSubstring("within the 44 bytes of data"));
}
