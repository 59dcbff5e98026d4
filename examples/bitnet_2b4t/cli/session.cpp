#include "session.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "progress.hpp"

namespace bitnet::cli {

PromptTooLong::PromptTooLong(const Model& model, std::size_t room, std::size_t found)
    : FileError(model.source().name(),
                "a prompt of at most " + std::to_string(room) + " tokens, what is left of a context of " +
                    std::to_string(model.context()),
                std::to_string(found)) {}

bool Session::feed(std::span<const int> tokens, const std::function<bool()>& stop) {
    if (tokens.size() > room()) throw PromptTooLong(model_, room(), tokens.size());
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
