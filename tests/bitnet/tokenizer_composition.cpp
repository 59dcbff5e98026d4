#include "tokenizer/composition.hpp"

#include <bitnet/tokenizer.hpp>

#include "files_fixture.hpp"

using bitnet::composed;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("texts in normal form C stay") {
    for (const std::string text : {"", "abc", "\xc3\xa9", "\xd0\xb0\xcc\x81", "\xe0\xa4\x95\xe0\xa4\xbc",
                                   "\xea\xb0\x81", "\xe4\xbd\xa0", "\xff", "a\xcc", "\xf0\x9f\xa6\x99"})
        CHECK(composed(text) == text);
}

TEST_CASE("characters and their marks become one") {
    CHECK(composed("e\xcc\x81x") == "\xc3\xa9x");
    CHECK(composed("a\xcc\x82\xcc\xa3") == "\xe1\xba\xad");  // the mark below stands first in the end
    CHECK(composed("\xc3\xa2\xcc\xa3") == "\xe1\xba\xad");
    CHECK(composed("q\xcc\x87\xcc\xa3") == "q\xcc\xa3\xcc\x87");
    CHECK(composed("a\xcc\x81\xcc\x81") == "\xc3\xa1\xcc\x81");
    CHECK(composed("\xd9\x91\xd9\x8e") == "\xd9\x8e\xd9\x91");
    CHECK(composed("\xff"
                   "e\xcc\x81\xcc") == "\xff\xc3\xa9\xcc");
}

TEST_CASE("Hangul's letters become syllables") {
    CHECK(composed("\xe1\x84\x80\xe1\x85\xa1") == "\xea\xb0\x80");
    CHECK(composed("\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8") == "\xea\xb0\x81");
    CHECK(composed("\xea\xb0\x80\xe1\x86\xa8") == "\xea\xb0\x81");
    CHECK(composed("\xea\xb0\x80\xe1\x86\xa7") == "\xea\xb0\x80\xe1\x86\xa7");
    CHECK(composed("\xea\xb0\x81\xe1\x86\xa8") == "\xea\xb0\x81\xe1\x86\xa8");
}

TEST_CASE("characters that the form replaces are refused by name") {
    for (const auto& [text, name] :
         {std::pair("\xe2\x84\xab", "U+212B"), {"\xef\xa4\x80", "U+F900"}, {"\xf0\xaf\xa0\x80", "U+2F800"}}) {
        CHECK_THAT(bitnet_tests::refusal([&, input = text] { composed(input); }), ContainsSubstring(name));
    }
}
