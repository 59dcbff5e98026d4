#include "sampler.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace bitnet {

int Sampler::operator()(std::span<const float> logits, std::span<const int> history) {
    collect(logits);
    penalise(history);
    if (options_.temperature <= 0) return std::ranges::min_element(candidates_, likelier)->id;
    keep_top_k();
    keep_top_p();
    keep_min_p();
    return draw();
}

void Sampler::collect(std::span<const float> logits) {
    candidates_.resize(logits.size());
    bool numbers = !logits.empty();
    for (std::size_t i = 0; i < logits.size(); ++i) {
        numbers &= std::isfinite(logits[i]);
        candidates_[i] = {logits[i], static_cast<int>(i)};
    }
    if (!numbers) throw std::runtime_error("the model's logits: expected finite numbers, found NaN or infinity");
}

/// A token counts once, however often it occurs.
void Sampler::penalise(std::span<const int> history) {
    if (options_.repeat_penalty == 1.0F) return;
    const auto last = options_.repeat_last_n < 0
                          ? history.size()
                          : std::min(history.size(), static_cast<std::size_t>(options_.repeat_last_n));
    std::vector<int> seen(history.end() - static_cast<std::ptrdiff_t>(last), history.end());
    std::ranges::sort(seen);
    const auto repeats = std::ranges::unique(seen);
    seen.erase(repeats.begin(), repeats.end());
    for (const int id : seen) {
        if (id < 0 || static_cast<std::size_t>(id) >= candidates_.size()) continue;
        float& logit = candidates_[static_cast<std::size_t>(id)].logit;
        logit = logit > 0 ? logit / options_.repeat_penalty : logit * options_.repeat_penalty;
    }
}

void Sampler::keep_top_k() {
    const auto k = options_.top_k <= 0 ? candidates_.size()
                                       : std::min(candidates_.size(), static_cast<std::size_t>(options_.top_k));
    std::ranges::partial_sort(candidates_, candidates_.begin() + static_cast<std::ptrdiff_t>(k), likelier);
    candidates_.resize(k);
}

/// The most likely tokens whose probabilities, before the temperature, first reach top_p together.
void Sampler::keep_top_p() {
    if (options_.top_p >= 1) return;
    const auto weight = [&](const Candidate& c) { return std::exp(double{c.logit} - candidates_[0].logit); };
    double total = 0;
    for (const Candidate& c : candidates_)
        total += weight(c);
    std::size_t keep = 0;
    for (double sum = 0; keep < candidates_.size(); ++keep) {
        sum += weight(candidates_[keep]);
        if (sum >= options_.top_p * total) break;
    }
    candidates_.resize(std::min(candidates_.size(), keep + 1));
}

/// Tokens at least min_p times as likely as the likeliest.
void Sampler::keep_min_p() {
    if (options_.min_p <= 0) return;
    const float least = candidates_[0].logit + std::log(options_.min_p);
    const auto end = std::ranges::find_if(candidates_, [&](const Candidate& c) { return c.logit < least; });
    candidates_.erase(std::max(end, candidates_.begin() + 1), candidates_.end());
}

int Sampler::draw() {
    const double temperature = options_.temperature;
    const auto weight = [&](const Candidate& c) {
        return std::exp((double{c.logit} - candidates_[0].logit) / temperature);
    };
    double total = 0;
    for (const Candidate& c : candidates_)
        total += weight(c);
    // 53 random bits: a uniform number in [0, 1) that doesn't depend on the standard library.
    double left = static_cast<double>(random_() >> 11) * 0x1p-53 * total;
    for (const Candidate& c : candidates_) {
        left -= weight(c);
        if (left < 0) return c.id;
    }
    return candidates_.back().id;
}

}  // namespace bitnet
