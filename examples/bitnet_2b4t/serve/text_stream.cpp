#include "text_stream.hpp"

#include <algorithm>
#include <utility>

namespace bitnet::serve {
namespace {

/// How many bytes at the end of `text` are the beginning of `stop`, but not all of it.
std::size_t begun(std::string_view text, std::string_view stop) {
    for (std::size_t length = std::min(text.size(), stop.size() - 1); length > 0; --length) {
        if (text.ends_with(stop.substr(0, length))) return length;
    }
    return 0;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
    std::string valid;
    while (!text.empty()) {
        const std::size_t good = program::utf8_run(text, true);
        valid += text.substr(0, good);
        text.remove_prefix(good);
        const std::size_t bad = program::utf8_run(text, false);
        if (bad > 0) valid += "\xef\xbf\xbd";
        text.remove_prefix(bad);
    }
    return valid;
}

TextStream::TextStream(std::vector<std::string> stops) : stops_(std::move(stops)) {
    std::erase(stops_, "");
}

std::string TextStream::release(std::size_t bytes) {
    const std::string text = held_.substr(0, bytes);
    held_.erase(0, bytes);
    return valid_utf8(characters_.put(text));
}

std::string TextStream::put(std::string_view piece) {
    if (stopped_) return {};
    held_ += piece;
    std::size_t first = held_.npos, held = 0;
    for (const std::string& stop : stops_) {
        first = std::min(first, held_.find(stop));
        held = std::max(held, begun(held_, stop));
    }
    if (first == held_.npos) return release(held_.size() - held);
    stopped_ = true;
    std::string text = release(first);
    held_.clear();
    return text + finish();
}

std::string TextStream::finish() {
    std::string text = release(held_.size());
    return text + valid_utf8(characters_.finish());
}

}  // namespace bitnet::serve
