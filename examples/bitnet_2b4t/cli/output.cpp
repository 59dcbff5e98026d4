#include "output.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "../files/file_error.hpp"

namespace bitnet::cli {

void Output::write(std::string_view text) const {
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor_, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EPIPE) throw ReaderGone();
        if (written < 0) throw FileError(name_, std::string("cannot be written: ") + std::strerror(errno));
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

bool Output::is_terminal() const {
    return ::isatty(descriptor_) == 1;
}

const Output& standard_output() {
    static const Output output(STDOUT_FILENO, "standard output");
    return output;
}

}  // namespace bitnet::cli
