#include "serve/text_stream.hpp"

#include <catch2/catch_test_macros.hpp>
#include <random>

namespace {

using bitnet::serve::TextStream;
using bitnet::serve::valid_utf8;

/// What comes of a text whose pieces are so long each.
std::string sent(const std::string& text, std::size_t piece, std::vector<std::string> stops) {
    TextStream stream(std::move(stops));
    std::string all;
    for (std::size_t at = 0; at < text.size(); at += piece) {
        const std::string part = stream.put(std::string_view(text).substr(at, piece));
        CHECK(valid_utf8(part) == part);
        all += part;
    }
    return all + stream.finish();
}

TEST_CASE("a text ends in front of the first stop string, however it is cut into pieces") {
    const std::string text = "The \xe2\x82\xac end: ab\xf0\x9f\x98\x80 aab stop";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        CHECK(sent(text, piece, {}) == text);
        CHECK(sent(text, piece, {""}) == text);
        CHECK(sent(text, piece, {"aab"}) == "The \xe2\x82\xac end: ab\xf0\x9f\x98\x80 ");
        CHECK(sent(text, piece, {"stop", "end: a"}) == "The \xe2\x82\xac ");
        CHECK(sent(text, piece, {"\xf0\x9f\x98\x80"}) == "The \xe2\x82\xac end: ab");
        CHECK(sent(text, piece, {"stopped", " stops"}) == text);
        CHECK(sent(text, piece, {"The"}) == "");
    }
}

TEST_CASE("nothing follows a stop string") {
    TextStream stream({"x"});
    CHECK(stream.put("ab") == "ab");
    CHECK(stream.put("cxd") == "c");
    CHECK(stream.stopped());
    CHECK(stream.put("more") == "");
    CHECK(stream.finish() == "");
}

TEST_CASE("what may become a stop string is held back, and no more") {
    TextStream stream({"stop"});
    CHECK(stream.put("a s") == "a ");
    CHECK(stream.put("to") == "");
    CHECK(stream.put("w") == "stow");
    CHECK(stream.put("ss") == "s");
    CHECK(stream.finish() == "s");
}

TEST_CASE("bytes that are no UTF-8 become U+FFFD, and characters are never cut") {
    CHECK(valid_utf8("a\xff\xfe"
                     "b\xe2\x82") ==
          "a\xef\xbf\xbd"
          "b\xef\xbf\xbd");
    CHECK(sent("\xe2\x82", 1, {}) == "\xef\xbf\xbd");
    std::mt19937 random(1);
    for (int round = 0; round < 200; ++round) {
        std::string text;
        for (int i = 0; i < 40; ++i)
            text += static_cast<char>(random());
        for (const std::size_t piece : {1, 2, 3, 7})
            CHECK(!sent(text, piece, {}).empty());
    }
}

}  // namespace
