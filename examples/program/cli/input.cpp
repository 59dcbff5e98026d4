#include "input.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "../io/file_error.hpp"

namespace program {
namespace {

constexpr std::size_t longest_input = std::size_t{64} << 20;

void check_length(const std::string& text, const std::string& name) {
    if (text.size() > longest_input) throw FileError(name, "at most 64 MiB", "more");
}

FileError unreadable(const std::string& name) {
    return {name, joined("cannot be read: ", std::strerror(errno))};
}

}  // namespace

std::string read_input(const std::string& path) {
    const std::string name = path == "-" ? "standard input" : path;
    using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
    const File file(path == "-" ? stdin : std::fopen(path.c_str(), "rbe"), std::fclose);
    if (!file) throw unreadable(name);
    std::string text;
    std::array<char, 65536> some;
    while (const std::size_t size = std::fread(some.data(), 1, some.size(), file.get())) {
        text.append(some.data(), size);
        check_length(text, name);
    }
    if (std::ferror(file.get()) != 0) throw unreadable(name);
    return text;
}

bool next_line(std::string& line) {
    line.clear();
    int c = EOF;
    while ((c = std::getchar()) != EOF && c != '\n') {
        line += static_cast<char>(c);
        check_length(line, "standard input");
    }
    if (std::ferror(stdin) != 0) throw unreadable("standard input");
    return c != EOF || !line.empty();
}

bool input_is_terminal() {
    return ::isatty(STDIN_FILENO) == 1;
}

}  // namespace program
