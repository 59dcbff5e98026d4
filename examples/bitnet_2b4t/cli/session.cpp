#include "session.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>

#include "progress.hpp"

namespace bitnet::cli {

bool Session::feed(std::span<const int> tokens, const std::function<bool()>& stop) {
    if (tokens.size() > room()) {
        throw std::length_error("prompt too long: expected at most " + std::to_string(room()) +
                                " tokens in what is left of a context of " + std::to_string(capacity()) + ", found " +
                                std::to_string(tokens.size()));
    }
    const std::size_t before = cache_.length();
    std::optional<Progress> progress;
    if (tokens.size() > batch_) progress.emplace("reading the prompt");
    try {
        for (std::size_t i = 0; i < tokens.size(); i += batch_) {
            if (progress) progress->update(i, tokens.size());
            if (stop && stop()) {
                rewind(before);
                return false;
            }
            const auto some = tokens.subspan(i, std::min(batch_, tokens.size() - i));
            decoder_.forward(some, cache_);
            tokens_.insert(tokens_.end(), some.begin(), some.end());
        }
    } catch (...) {
        rewind(before);
        throw;
    }
    return true;
}

void Session::rewind(std::size_t length) {
    cache_.truncate(length);
    tokens_.resize(cache_.length());
}

}  // namespace bitnet::cli
