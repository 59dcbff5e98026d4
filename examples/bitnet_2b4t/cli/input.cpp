#include "input.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "../files/file_error.hpp"

namespace bitnet::cli {

std::string read_input(const std::string& path) {
    const bool standard = path == "-";
    const std::string name = standard ? "standard input" : path;
    const int descriptor = standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    std::string text;
    std::array<char, 65536> some;
    ssize_t size = descriptor < 0 ? -1 : 1;
    while (size > 0 || (size < 0 && errno == EINTR)) {
        size = ::read(descriptor, some.data(), some.size());
        if (size > 0) text.append(some.data(), static_cast<std::size_t>(size));
    }
    const int error = errno;
    if (!standard && descriptor >= 0) ::close(descriptor);
    if (size < 0) throw FileError(name, std::string("cannot be read: ") + std::strerror(error));
    return text;
}

}  // namespace bitnet::cli
