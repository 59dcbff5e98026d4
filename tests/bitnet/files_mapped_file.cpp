#include <sys/stat.h>

#include <algorithm>

#include "files_fixture.hpp"

using namespace bitnet_tests;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using program::MappedFile;

TEST_CASE("a file is the same mapped, read and given") {
    const std::string text = read_text(golden_gguf);
    const MappedFile mapped(golden_gguf, MappedFile::Mode::map);
    const MappedFile read(golden_gguf, MappedFile::Mode::read);
    CHECK(mapped.text() == text);
    CHECK(read.text() == text);
    CHECK(in_memory(text)->text() == text);
    CHECK(mapped.name() == golden_gguf);
    for (const auto* file : {&mapped, &read})
        CHECK(reinterpret_cast<std::uintptr_t>(file->bytes().data()) % 64 == 0);
}

TEST_CASE("what is no file with bytes in it is refused by name") {
    const TemporaryFolder folder;
    write_text(folder / "empty", "");
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    const auto open = [](const std::string& path) {
        const std::string mapped = refusal([&] { MappedFile file(path, MappedFile::Mode::map); });
        CHECK(mapped == refusal([&] { MappedFile file(path, MappedFile::Mode::read); }));
        CHECK_THAT(mapped, StartsWith(path + ": "));
        return mapped;
    };
    CHECK_THAT(open(folder / "missing"), ContainsSubstring("cannot be opened: No such file"));
    CHECK_THAT(open(folder / "empty"), ContainsSubstring("expected a file with contents, found an empty one"));
    CHECK_THAT(open(folder / ""), ContainsSubstring("found a directory"));
    CHECK_THAT(open(folder / "pipe"), ContainsSubstring("found a device, pipe or socket"));
    CHECK_THAT(open("/dev/null"), ContainsSubstring("found a device, pipe or socket"));
}

TEST_CASE("text from a file can break neither the line nor the terminal") {
    CHECK(program::in_quotes("plain \xc3\xa9") == "\"plain \xc3\xa9\"");
    CHECK(program::in_quotes("a\nb\x1b[2J") == "\"a\\x0ab\\x1b[2J\"");
    CHECK(program::in_quotes("\xff\xc2\x9b\xed\xa0\x80") == "\"\\xff\\xc2\\x9b\\xed\\xa0\\x80\"");
    CHECK(program::in_quotes(std::string(1000, 'x')) == "\"" + std::string(60, 'x') + "...\"");
    CHECK_THAT(program::FileError("a\nb", "x", "y\r").what(),
               Catch::Matchers::Equals("a\\x0ab: expected x, found y\\x0d"));
}
