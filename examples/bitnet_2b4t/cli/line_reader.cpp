#include "line_reader.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "../files/file_error.hpp"

namespace bitnet::cli {

LineReader::Result LineReader::next(std::string& line) {
    std::size_t searched = 0;
    for (;;) {
        if (const auto end = unread_.find('\n', searched); end != std::string::npos) {
            line = unread_.substr(0, end);
            unread_.erase(0, end + 1);
            return Result::line;
        }
        searched = unread_.size();
        if (ended_) {
            line = std::exchange(unread_, {});
            return line.empty() ? Result::end : Result::line;
        }
        if (interrupt_ != nullptr && !interrupt_->await_input()) {
            unread_.clear();  // what was typed so far is given up
            return Result::interrupted;
        }
        std::array<char, 4096> some;
        const ssize_t size = ::read(STDIN_FILENO, some.data(), some.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) throw FileError("standard input", std::string("cannot be read: ") + std::strerror(errno));
        ended_ = size == 0;
        unread_.append(some.data(), static_cast<std::size_t>(size));
    }
}

}  // namespace bitnet::cli
