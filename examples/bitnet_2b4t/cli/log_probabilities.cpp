#include "log_probabilities.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

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

std::vector<double> log_probabilities(Session& session, std::span<const int> tokens, std::size_t first,
                                      const std::function<void()>& between) {
    constexpr std::size_t rows_at_once = 64;  // so that logits take little memory
    const std::size_t vocab = session.model().config().vocab;
    const auto known = std::ranges::mismatch(session.tokens(), tokens).in2 - tokens.begin();
    session.rewind(std::min(static_cast<std::size_t>(known), first - 1));
    std::vector<double> results(tokens.size() - first);
    std::vector<float> logits;
    const std::size_t last = tokens.size() - 1;  // needs no run: nothing follows it
    for (std::size_t at = session.tokens().size(); at < last;) {
        if (between) between();
        const std::size_t end = std::min(at + session.batch(), last);
        session.feed(tokens.subspan(at, end - at));
        for (std::size_t row = std::max(at, first - 1); row < end; row += rows_at_once) {
            const std::size_t rows = std::min(rows_at_once, end - row);
            logits.resize(rows * vocab);
            session.logits(row - at, rows, logits);
            in_chunks(session.model().threads(), rows, 4, [&](std::size_t begin, std::size_t stop) {
                for (std::size_t i = begin; i < stop; ++i) {
                    results[row + i + 1 - first] =
                        log_probability(std::span(logits).subspan(i * vocab, vocab), tokens[row + i + 1]);
                }
            });
        }
        at = end;
    }
    return results;
}

Mean mean_of(std::span<const double> numbers) {
    const auto count = static_cast<double>(numbers.size());
    Mean mean;
    for (const double number : numbers)
        mean.value += number / count;
    double squares = 0;
    for (const double number : numbers)
        squares += (number - mean.value) * (number - mean.value);
    if (count > 1) mean.error = std::sqrt(squares / (count - 1) / count);
    return mean;
}

}  // namespace bitnet::cli
