#include "progress.hpp"

#include <unistd.h>

#include <cstdio>
#include <utility>

namespace bitnet::cli {

Progress::Progress(std::string label) : label_(std::move(label)), terminal_(::isatty(STDERR_FILENO) == 1) {
    constexpr std::size_t label_width = 20;
    label_.resize(label_width, ' ');
}

void Progress::update(std::size_t done, std::size_t total) {
    if (!terminal_ || total == 0) return;
    constexpr std::size_t bar_width = 30;
    const std::size_t filled = done * bar_width / total;
    const std::string percent = std::to_string(done * 100 / total);
    std::string line = label_ + "[" + std::string(filled, '#') + std::string(bar_width - filled, '.') + "] " +
                       std::string(3 - percent.size(), ' ') + percent + " %";
    if (line == shown_) return;
    shown_ = std::move(line);
    std::fprintf(stderr, "\r%s", shown_.c_str());
}

Progress::~Progress() {
    if (!shown_.empty()) std::fprintf(stderr, "\r%*s\r", static_cast<int>(shown_.size()), "");
}

}  // namespace bitnet::cli
