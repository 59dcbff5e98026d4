#include <program/io/utf8.hpp>

#include <random>

#include "files_fixture.hpp"

using program::StreamingDecoder;
using program::utf8_step;
using program::Utf8Kind;

namespace {

bool whole_characters(std::string_view text) {
    while (!text.empty()) {
        const auto step = utf8_step(text);
        if (step.kind != Utf8Kind::character) return false;
        text.remove_prefix(step.length);
    }
    return true;
}

}  // namespace

TEST_CASE("the first character of some bytes") {
    const auto is = [](std::string_view text, Utf8Kind kind, std::size_t length) {
        const auto step = utf8_step(text);
        return step.kind == kind && step.length == length;
    };
    CHECK(is("ab", Utf8Kind::character, 1));
    CHECK(is("\xc3\xa9x", Utf8Kind::character, 2));
    CHECK(is("\xe4\xbd\xa0", Utf8Kind::character, 3));
    CHECK(is("\xf4\x8f\xbf\xbf", Utf8Kind::character, 4));
    CHECK(is("\xf0\x9f\xa6", Utf8Kind::partial, 3));
    CHECK(is("\xe0", Utf8Kind::partial, 1));
    for (const char* broken : {"\x80", "\xc0\x80", "\xc1\xbf", "\xf5\x80\x80\x80", "\xff", "\xe0\x80", "\xed\xa0\x80",
                               "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xc3x"}) {
        CAPTURE(broken);
        CHECK(is(broken, Utf8Kind::broken, 1));
    }
    CHECK(is("\xe4\xbdx", Utf8Kind::broken, 2));
    CHECK(is("\xf0\x9f\xa6x", Utf8Kind::broken, 3));
}

TEST_CASE("characters come out whole, whatever the pieces") {
    const std::string text = "a\xc3\xa9\xe4\xbd\xa0\xf0\x9f\xa6\x99z\xf4\x8f\xbf\xbf";
    std::mt19937_64 random(1);
    for (int round = 0; round < 500; ++round) {
        StreamingDecoder decoder;
        std::string out;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t length = 1 + random() % 4;
            const std::string part = decoder.put(std::string_view(text).substr(at, length));
            REQUIRE(whole_characters(part));
            out += part;
            at += length;
        }
        REQUIRE(decoder.finish().empty());
        REQUIRE(out == text);
    }
}

TEST_CASE("bytes are held back only while they can become a character") {
    StreamingDecoder decoder;
    CHECK(decoder.put("a\xf0\x9f") == "a");
    CHECK(decoder.put("\xa6").empty());
    CHECK(decoder.put("x") == "\xf0\x9f\xa6x");
    CHECK(decoder.put("\xff") == "\xff");
    CHECK(decoder.put("\x80\x80\x80") == "\x80\x80\x80");
    CHECK(decoder.put("\xe4").empty());
    CHECK(decoder.finish() == "\xe4");
    CHECK(decoder.finish().empty());
}

TEST_CASE("any bytes come out unchanged in the end") {
    std::mt19937_64 random(2);
    for (int round = 0; round < 2000; ++round) {
        StreamingDecoder decoder;
        std::string in, out;
        for (int i = 0; i < 20; ++i) {
            std::string piece(random() % 4, '\0');
            for (char& c : piece)
                c = static_cast<char>(random() % 2 ? random() : 0x80 + random() % 0x80);
            in += piece;
            out += decoder.put(piece);
            REQUIRE(in.size() - out.size() <= 3);
        }
        REQUIRE(out + decoder.finish() == in);
    }
}
