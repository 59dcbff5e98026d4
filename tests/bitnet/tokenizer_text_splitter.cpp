#include "tokenizer/text_splitter.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace {

using bitnet::SplitPattern;

std::vector<std::string> split(std::string_view text, SplitPattern pattern = SplitPattern::llama3) {
    std::vector<std::string> pieces;
    bitnet::split_text(text, pattern, [&](std::string_view piece) { pieces.emplace_back(piece); });
    return pieces;
}

using Pieces = std::vector<std::string>;

}  // namespace

TEST_CASE("text is cut into words, numbers, punctuation and white space") {
    CHECK(split("").empty());
    CHECK(split("Hello world") == Pieces{"Hello", " world"});
    CHECK(split("12345 6") == Pieces{"123", "45", " ", "6"});
    CHECK(split("a  b   ") == Pieces{"a", " ", " b", "   "});
    CHECK(split("x\n\n  y") == Pieces{"x", "\n\n", " ", " y"});
    CHECK(split("end.\r\n next") == Pieces{"end", ".\r\n", " next"});
    CHECK(split("(word)") == Pieces{"(word", ")"});
    CHECK(split(" ?!\n") == Pieces{" ?!\n"});
}

TEST_CASE("other patterns differ in numbers, and GPT-2's in more") {
    const auto qwen2 = [](std::string_view text) { return split(text, SplitPattern::qwen2); };
    const auto gpt2 = [](std::string_view text) { return split(text, SplitPattern::gpt2); };
    CHECK(qwen2("12345 6") == Pieces{"1", "2", "3", "4", "5", " ", "6"});
    CHECK(qwen2("I'M x\n\n  y?!\n") == Pieces{"I", "'M", " x", "\n\n", " ", " y", "?!\n"});
    CHECK(qwen2("a\xff") == Pieces{"a", "\xff"});
    CHECK(gpt2("12345 678") == Pieces{"12345", " 678"});
    CHECK(gpt2("I'm I'M (x)\n\n y  ") == Pieces{"I", "'m", " I", "'", "M", " (", "x", ")", "\n\n", " y", "  "});
    CHECK(split("a 1\n\xff", SplitPattern::none) == Pieces{"a 1\n\xff"});
    CHECK(split("", SplitPattern::none).empty());
}

TEST_CASE("contractions are cut off in either case") {
    CHECK(split("I'm we'LL x'sy") == Pieces{"I", "'m", " we", "'LL", " x", "'s", "y"});
    // The long s is an s to a comparison that ignores case.
    CHECK(split("x'\xc5\xbf") == Pieces{"x", "'\xc5\xbf"});
}

TEST_CASE("white space is Unicode's, neither more nor less") {
    // U+0085 and U+3000 are white space; U+180E was once, and is no longer.
    CHECK(split("a\xc2\x85\xe3\x80\x80\n") == Pieces{"a", "\xc2\x85\xe3\x80\x80\n"});
    CHECK(split("!\xe1\xa0\x8e!") == Pieces{"!\xe1\xa0\x8e!"});
    CHECK(split("!\xc2\xa0!") == Pieces{"!", "\xc2\xa0", "!"});
}

TEST_CASE("letters and numbers are Unicode's") {
    CHECK(split("\xd0\xbd\xd0\xb5 \xe4\xbd\xa0") == Pieces{"\xd0\xbd\xd0\xb5", " \xe4\xbd\xa0"});
    CHECK(split("\xc2\xbd\xe2\x85\xa7"
                "1"
                "2") == Pieces{"\xc2\xbd\xe2\x85\xa7"
                               "1",
                               "2"});
}

TEST_CASE("bytes that are no UTF-8 are pieces of their own") {
    CHECK(split("\xff") == Pieces{"\xff"});
    CHECK(split("ab\xff\xfe cd\xc3") == Pieces{"ab", "\xff\xfe", " cd", "\xc3"});
    CHECK(split("\xed\xa0\x80x\xc0\x80") == Pieces{"\xed\xa0\x80", "x", "\xc0\x80"});
}
