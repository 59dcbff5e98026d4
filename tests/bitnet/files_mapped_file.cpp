#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>

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

namespace {

/// The line and the status that a process ends with.
std::string end_of(const std::function<void()>& run) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(ends[1], STDERR_FILENO);
        run();
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string line;
    std::array<char, 1000> part{};
    for (ssize_t got = 0; (got = ::read(ends[0], part.data(), part.size())) > 0;)  // it may come piece by piece
        line.append(part.data(), static_cast<std::size_t>(got));
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return line + (WIFEXITED(status) ? std::to_string(WEXITSTATUS(status)) : "a signal");
}

}  // namespace

TEST_CASE("of several mapped files, the one that is truncated is named, whichever it is") {
    const TemporaryFolder folder;
    std::vector<std::string> paths;
    for (const char* name : {"a", "b", "c"}) {
        paths.push_back(folder / name);
        write_text(paths.back(), std::string(20000, 'x'));
    }
    for (std::size_t lost = 0; lost < paths.size(); ++lost) {
        CHECK(end_of([&] {
                  program::end_on_truncation("test");
                  {
                      const MappedFile gone(paths[0]);
                  }
                  std::vector<std::unique_ptr<MappedFile>> files;
                  for (const std::string& path : paths)
                      files.push_back(std::make_unique<MappedFile>(path));
                  if (::truncate(paths[lost].c_str(), 5) != 0) return;
                  const volatile char touched = files[lost]->text()[15000];
                  static_cast<void>(touched);
              }) == "test: " + paths[lost] + ": expected all of the file, found it truncated since\n1");
    }
}

TEST_CASE("text from a file can break neither the line nor the terminal") {
    CHECK(program::in_quotes("plain \xc3\xa9") == "\"plain \xc3\xa9\"");
    CHECK(program::in_quotes("a\nb\x1b[2J") == "\"a\\x0ab\\x1b[2J\"");
    CHECK(program::in_quotes("\xff\xc2\x9b\xed\xa0\x80") == "\"\\xff\\xc2\\x9b\\xed\\xa0\\x80\"");
    CHECK(program::in_quotes(std::string(1000, 'x')) == "\"" + std::string(60, 'x') + "...\"");
    CHECK_THAT(program::FileError("a\nb", "x", "y\r").what(),
               Catch::Matchers::Equals("a\\x0ab: expected x, found y\\x0d"));
}
