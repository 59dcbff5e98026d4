#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include <program/io/output_file.hpp>
#include "files/gguf.hpp"
#include "files/gguf_writer.hpp"
#include "files_fixture.hpp"

using namespace bitnet_tests;
using bitnet::GgufWriter;
using Catch::Matchers::ContainsSubstring;
using program::OutputFile;

namespace {

std::vector<bool> synced;  // files and folders so far; true: a folder
bool folders_fail = false, files_fail = false;

}  // namespace

/// In place of the system's.
extern "C" int fsync(int descriptor) {
    struct stat info{};
    REQUIRE(::fstat(descriptor, &info) == 0);
    synced.push_back(S_ISDIR(info.st_mode));
    if (!(synced.back() ? folders_fail : files_fail)) return 0;
    errno = EIO;
    return -1;
}

namespace {

void write_bytes(OutputFile& file, std::size_t count) {
    const std::string bytes(1000, 'x');
    for (std::size_t done = 0; done < count; done += bytes.size())
        file.write(bytes_of(bytes));
}

}  // namespace

TEST_CASE("a file appears under its name when it is complete, and only then") {
    const TemporaryFolder folder;
    const std::string path = folder / "out";
    {
        OutputFile file(path);
        write_bytes(file, 3'000'000);
        CHECK_FALSE(std::filesystem::exists(path));
    }
    CHECK(folder.entries() == 0);
    {
        OutputFile file(path);
        write_bytes(file, 3'000'000);
        file.finish();
    }
    CHECK(folder.entries() == 1);
    CHECK(std::filesystem::file_size(path) == 3'000'000);
    {
        OutputFile file(path);
        write_bytes(file, 1000);
    }
    CHECK(std::filesystem::file_size(path) == 3'000'000);
}

TEST_CASE("a finished file is on the disk, and so is its name") {
    const TemporaryFolder folder;
    const auto write = [&] {
        OutputFile file(folder / "out");
        write_bytes(file, 1000);
        file.finish();
    };
    write_text(folder / "out", "old");
    synced.clear();
    files_fail = true;
    CHECK_THAT(refusal(write), ContainsSubstring("out: cannot be written: Input/output error"));
    files_fail = false;
    CHECK(read_text(folder / "out") == "old");
    CHECK(folder.entries() == 1);
    CHECK(synced == std::vector{false});
    folders_fail = true;
    CHECK_THAT(refusal(write), ContainsSubstring("may be lost in a power failure: Input/output error"));
    folders_fail = false;
    synced.clear();
    write();
    CHECK(synced == std::vector{false, true});
}

TEST_CASE("an output doesn't replace an input, by whatever name") {
    const TemporaryFolder folder;
    write_text(folder / "input", "old");
    std::filesystem::create_symlink("input", folder / "link");
    for (const std::string& name : {folder / "input", folder / "link", folder / "./input"})
        CHECK_THAT(refusal([&] { OutputFile file(name, {"/no/such", folder / "input"}); }),
                   ContainsSubstring(name + ": expected another file for the output, found the input itself"));
    CHECK(folder.entries() == 2);
    CHECK(refusal([&] { OutputFile file(folder / "new", {folder / "input", ""}); }).empty());
    CHECK_THAT(refusal([&] { OutputFile file("-"); }), ContainsSubstring("the name of a file, found \"-\""));
}

TEST_CASE("what is written comes in the order of the calls, whatever the sizes") {
    const TemporaryFolder folder;
    std::string expected;
    OutputFile file(folder / "out");
    // Below, at and above half of the file's buffer and the whole, after nothing, little and much.
    for (const std::size_t size : {500u, 786'432u, 3072u, 524'288u, 7u, 524'289u, 100'000u, 1'048'576u, 1u, 1'048'577u,
                                   900'000u, 200'000u, 600'000u, 3'000'000u, 12u}) {
        const std::string bytes(size, static_cast<char>('a' + expected.size() % 23));
        file.write(bytes_of(bytes));
        expected += bytes;
    }
    file.finish();
    CHECK((read_text(folder / "out") == expected));
}

TEST_CASE("a written file keeps a link to it and its permissions") {
    const TemporaryFolder folder;
    write_text(folder / "real", "old");
    std::filesystem::permissions(folder / "real", std::filesystem::perms(0640));
    std::filesystem::create_symlink("real", folder / "link");
    OutputFile file(folder / "link");
    file.write(bytes_of("new"));
    file.finish();
    CHECK(std::filesystem::is_symlink(folder / "link"));
    CHECK(read_text(folder / "real") == "new");
    CHECK(std::filesystem::status(folder / "real").permissions() == std::filesystem::perms(0640));
}

TEST_CASE("a link to a file that isn't there yet leads to it") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "there");
    std::filesystem::create_symlink("there/file", folder / "second");
    std::filesystem::create_symlink("second", folder / "first");
    OutputFile file(folder / "first");
    file.write(bytes_of("new"));
    file.finish();
    CHECK(std::filesystem::is_symlink(folder / "first"));
    CHECK(std::filesystem::is_symlink(folder / "second"));
    CHECK(read_text(folder / "there/file") == "new");
    std::filesystem::create_symlink("circle", folder / "circle");
    CHECK_THAT(refusal([&] { OutputFile round(folder / "circle"); }), ContainsSubstring("circle: cannot be written"));
}

TEST_CASE("an output's name may be as long as the file system allows") {
    const TemporaryFolder folder;
    const std::string name(255, 'n');
    OutputFile file(folder / name);
    file.write(bytes_of("new"));
    file.finish();
    CHECK(read_text(folder / name) == "new");
    CHECK(folder.entries() == 1);
}

TEST_CASE("output that can't be written is refused by name") {
    const TemporaryFolder folder;
    CHECK_THAT(refusal([&] { OutputFile file(folder / ""); }), ContainsSubstring("found a directory"));
    CHECK_THAT(refusal([&] { OutputFile file(folder / "no/such/place"); }),
               ContainsSubstring("no/such/place: cannot be written: No such file or directory"));
    const auto full = [](std::size_t bytes) {
        return refusal([&] {
            OutputFile file("/dev/full");
            write_bytes(file, bytes);
            file.finish();
        });
    };
    CHECK_THAT(full(10), ContainsSubstring("/dev/full: cannot be written: No space left"));
    CHECK_THAT(full(5'000'000), ContainsSubstring("/dev/full: cannot be written: No space left"));
    CHECK(std::filesystem::is_character_file("/dev/full"));
}

TEST_CASE("a disk that fills up leaves nothing behind") {
    const TemporaryFolder folder;
    // A limit on file sizes stands in for a full disk.
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const rlimit small{100'000, before.rlim_max};
    auto* handler = std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const std::string line = refusal([&] {
        OutputFile file(folder / "out");
        write_bytes(file, 3'000'000);
        file.finish();
    });
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    CHECK_THAT(line, ContainsSubstring("out: cannot be written: File too large"));
    CHECK(folder.entries() == 0);
}

TEST_CASE("what the GGUF writer writes, the reader reads") {
    const TemporaryFolder folder;
    const std::string path = folder / "written.gguf";
    GgufWriter writer(path);
    writer.add("u32", std::uint32_t{7});
    writer.add("f32", 0.5F);
    writer.add("bool", true);
    writer.add("text", "words");
    writer.add("texts", std::vector<std::string>{"", "two"});
    writer.add("numbers", std::vector<std::int32_t>{-1, 5});
    writer.declare("a", 0, std::array<std::uint64_t, 1>{3}, 12);
    writer.declare("b", 1, std::array<std::uint64_t, 2>{2, 3}, 12);
    writer.write(bytes_of("0123"));
    writer.write(bytes_of("456789ab"));
    writer.write(bytes_of("ABCDEFGHIJKL"));
    writer.finish();

    const std::string text = read_text(path);
    const bitnet::Gguf gguf(bytes_of(text), path);
    CHECK(gguf.integer("u32") == 7);
    CHECK(gguf.real("f32") == 0.5);
    CHECK(gguf.metadata().at("bool").type == bitnet::GgufType::boolean);
    CHECK(gguf.text("text") == "words");
    CHECK(gguf.texts("texts") == std::vector<std::string_view>{"", "two"});
    CHECK(gguf.integers("numbers") == std::vector<std::int64_t>{-1, 5});
    REQUIRE(gguf.tensors().size() == 2);
    CHECK(gguf.tensors()[1].dims == std::vector<std::uint64_t>{2, 3});
    CHECK(gguf.tensors()[1].offset == 32);
    CHECK(gguf.data().size() == 64);
    CHECK(text.substr(text.size() - 64, 12) == "0123456789ab");
    CHECK(text.substr(text.size() - 32, 13) == std::string("ABCDEFGHIJKL\0", 13));
}

TEST_CASE("the GGUF writer refuses data that wasn't declared") {
    const TemporaryFolder folder;
    GgufWriter writer(folder / "out");
    writer.declare("a", 0, std::array<std::uint64_t, 1>{1}, 4);
    CHECK_THROWS_AS(writer.finish(), std::logic_error);
    CHECK_THROWS_AS(writer.write(bytes_of("12345")), std::logic_error);
    writer.write(bytes_of("1234"));
    CHECK_THROWS_AS(writer.write(bytes_of("5")), std::logic_error);
    CHECK_THROWS_AS(writer.add("late", true), std::logic_error);
    CHECK_THROWS_AS(writer.declare("late", 0, std::array<std::uint64_t, 1>{1}, 4), std::logic_error);
}
