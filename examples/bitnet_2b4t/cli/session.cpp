#include "session.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "draft.hpp"
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
            run_ = some.size();
            tokens_.insert(tokens_.end(), some.begin(), some.end());
        }
    } catch (...) {
        rewind(before);
        throw;
    }
    return true;
}

void Session::restore(std::vector<int> tokens, std::span<const std::byte> blocks) {
    rewind(0);
    cache_.reserve(tokens.size());
    for (std::size_t i = 0; i < cache_.blocks(); ++i) {
        const std::span<std::byte> memory = cache_.memory(i);
        std::ranges::copy(blocks.first(memory.size()), memory.begin());
        blocks = blocks.subspan(memory.size());
    }
    cache_.advance(tokens.size());
    tokens_ = std::move(tokens);
}

void Session::rewind(std::size_t length) {
    cache_.truncate(length);
    tokens_.resize(cache_.length());
    draft_ = 0;
}

void Session::feed_chosen(int token, std::size_t most) {
    std::vector<int> tokens = {token};
    if (model_.draft_ngram() > 0 && room() > 1) {
        tokens_.push_back(token);
        const std::size_t fit = std::min({most, room() - 1, batch_ - 1, Decoder::same_bits - 1});
        const auto draft = look_up_draft(tokens_, model_.draft_ngram(), fit);
        tokens.insert(tokens.end(), draft.begin(), draft.end());
        tokens_.pop_back();
    }
    feed(tokens);
    draft_ = tokens.size() - 1;
}

int Session::choose(Sampler& sampler) {
    const auto history = std::span(tokens_).first(tokens_.size() - draft_);
    return sampler(decoder_.likeliest(run_ - 1 - draft_, sampler.needed(), sampler.penalised(history)), history);
}

bool Session::confirm(int token) {
    if (draft_ > 0 && tokens_[tokens_.size() - draft_] == token) {
        --draft_;
        return true;
    }
    drop_draft();
    return false;
}

}  // namespace bitnet::cli
