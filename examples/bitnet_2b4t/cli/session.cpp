#include "session.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <program/cli/interrupt.hpp>
#include <program/cli/output.hpp>

namespace bitnet::cli {
namespace {

double log_probability(std::span<const float> logits, int token) {
    const float peak = *std::ranges::max_element(logits);
    double sum = 0;
    for (const float logit : logits)
        sum += std::exp(static_cast<double>(logit - peak));
    const double result = static_cast<double>(logits[static_cast<std::size_t>(token)] - peak) - std::log(sum);
    if (std::isfinite(result)) return result;
    throw std::runtime_error("the model's logits: expected finite numbers, found NaN or infinity");
}

}  // namespace

PromptTooLong::PromptTooLong(const Model& model, std::size_t room, std::size_t found)
    : FileError(model.name(),
                joined("a prompt of at most ", room, " tokens, what is left of a context of ", model.context()),
                found) {}

void Session::feed(std::span<const int> tokens) {
    if (tokens.size() > room()) throw PromptTooLong(model_, room(), tokens.size());
    const std::size_t before = cache_.length(), batch = model_.options().batch;
    Progress progress("reading the prompt");
    try {
        for (std::size_t i = 0; i < tokens.size(); i += batch) {
            if (tokens.size() > batch) progress.update(i, tokens.size());
            const auto some = tokens.subspan(i, std::min(batch, tokens.size() - i));
            decoder_.forward(some, cache_, Interrupt::check);
            run_ = some.size();
            tokens_.insert(tokens_.end(), some.begin(), some.end());
        }
    } catch (...) {
        rewind(before);
        throw;
    }
}

void Session::feed(std::span<const int> tokens, std::size_t first,
                   const std::function<void(std::size_t, std::span<const float>)>& take) {
    constexpr std::size_t rows_at_once = 64;
    if (tokens.size() > room()) throw PromptTooLong(model_, room(), tokens.size());
    std::vector<float> logits;
    while (!tokens.empty()) {
        const std::size_t begin = tokens_.size();
        feed(tokens.first(std::min(model_.options().batch, tokens.size())));
        tokens = tokens.subspan(run_);
        for (std::size_t row = std::max(begin, first); row < tokens_.size(); row += rows_at_once) {
            const std::size_t rows = std::min(rows_at_once, tokens_.size() - row);
            logits.resize(rows * model_.config().vocab);
            decoder_.logits(row - begin, rows, logits);
            take(row, logits);
        }
    }
}

std::vector<double> Session::log_probabilities(std::span<const int> tokens, std::size_t first) {
    if (first == 0 || first >= tokens.size()) throw std::out_of_range("log_probabilities: no token before the first");
    const auto known = std::ranges::mismatch(tokens_, tokens).in2 - tokens.begin();
    rewind(std::min(static_cast<std::size_t>(known), first - 1));
    std::vector<double> results(tokens.size() - first);
    const std::size_t vocab = model_.config().vocab;
    const auto take = [&](std::size_t position, std::span<const float> logits) {
        ternion::in_chunks(model_.threads(), logits.size() / vocab, 4, [&](std::size_t begin, std::size_t end) {
            for (std::size_t i = begin; i < end; ++i) {
                const std::size_t next = position + i + 1;
                results[next - first] = log_probability(logits.subspan(i * vocab, vocab), tokens[next]);
            }
        });
    };
    // The last one needs no run: nothing follows it.
    const std::size_t held = tokens_.size();
    feed(tokens.subspan(held, tokens.size() - 1 - held), first - 1, take);
    return results;
}

int Session::choose(Sampler& sampler, std::size_t ignored) {
    const auto history = std::span(tokens_).first(tokens_.size() - ignored);
    return sampler(decoder_.likeliest(run_ - 1 - ignored, sampler.needed(), sampler.penalised(history)), history);
}

bool Session::restore(std::vector<int> tokens, std::span<const std::byte> blocks) {
    KvCache cache = model_.new_cache();
    cache.reserve(tokens.size());
    for (std::size_t i = 0; i < cache.blocks(); ++i) {
        const std::span<std::byte> memory = cache.memory(i);
        std::ranges::copy(blocks.first(memory.size()), memory.begin());
        blocks = blocks.subspan(memory.size());
    }
    if (!cache.is_finite()) return false;
    cache.advance(tokens.size());
    cache_ = std::move(cache);
    tokens_ = std::move(tokens);
    return true;
}

void Session::rewind(std::size_t length) {
    cache_.truncate(length);
    tokens_.resize(cache_.length());
}

}  // namespace bitnet::cli
