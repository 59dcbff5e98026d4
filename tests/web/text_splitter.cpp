// The tests of PCRE2's text splitter, run on JavaScript's.

#include "../bitnet/tokenizer_text_splitter.cpp"

TEST_CASE("a byte order mark and characters beyond 16 bits keep their bytes") {
    CHECK(split("\xef\xbb\xbf"
                "a") == Pieces{"\xef\xbb\xbf"
                               "a"});
    CHECK(split("\xf0\x9f\x98\x80 x\xf0\x9d\x94\xb8") == Pieces{"\xf0\x9f\x98\x80", " x\xf0\x9d\x94\xb8"});
}

int main() {
    std::printf("%d checks, %d wrong\n", web_tests::checks, web_tests::failures);
    return web_tests::checks < 15 || web_tests::failures > 0;
}
