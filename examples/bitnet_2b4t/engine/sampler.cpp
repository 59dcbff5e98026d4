#include <bitnet/sampling.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace bitnet {

Sampler::Sampler(const SamplingOptions& options) : options_(options), random_(options.seed) {
    const auto within = [](const char* name, auto value, auto least, auto most) {
        if (value >= least && value <= most) return;  // NaN isn't
        throw std::invalid_argument(std::string("sampling: expected ") + name + " from " + std::to_string(least) +
                                    " to " + std::to_string(most) + ", found " + std::to_string(value));
    };
    constexpr int many = 1 << 30;
    within("a temperature", options.temperature, 0.0F, 1e6F);
    within("top_k", options.top_k, 0, many);
    within("top_p", options.top_p, 0.0F, 1.0F);
    within("min_p", options.min_p, 0.0F, 1.0F);
    within("a repeat_penalty", options.repeat_penalty, 1e-3F, 1e3F);
    within("repeat_last_n", options.repeat_last_n, -1, many);
}

std::size_t Sampler::needed() const {
    return options_.temperature <= 0 ? 1 : options_.top_k <= 0 ? 0 : static_cast<std::size_t>(options_.top_k);
}

int Sampler::operator()(std::span<const float> logits, std::span<const int> history) {
    std::vector<Candidate> all;
    for (const float logit : logits)
        all.push_back({logit, static_cast<int>(all.size())});
    return (*this)(all, history);
}

int Sampler::operator()(std::span<const Candidate> candidates, std::span<const int> history) {
    const auto is_number = [](const Candidate& c) { return std::isfinite(c.logit); };
    if (candidates.empty() || !std::all_of(candidates.begin(), candidates.end(), is_number)) {
        throw std::runtime_error("the model's logits: expected finite numbers, found NaN or infinity");
    }
    candidates_.assign(candidates.begin(), candidates.end());
    penalise(history);
    if (options_.temperature <= 0) {
        return std::min_element(candidates_.begin(), candidates_.end(), Candidate::likelier)->id;
    }
    keep_top_k();
    keep_top_p();
    keep_min_p();
    return draw();
}

/// A token counts once, however often it occurs.
std::span<const int> Sampler::penalised(std::span<const int> history) {
    if (options_.repeat_penalty == 1.0F) return {};
    const auto last = options_.repeat_last_n < 0
                          ? history.size()
                          : std::min(history.size(), static_cast<std::size_t>(options_.repeat_last_n));
    penalised_.assign(history.end() - static_cast<std::ptrdiff_t>(last), history.end());
    std::sort(penalised_.begin(), penalised_.end());
    penalised_.erase(std::unique(penalised_.begin(), penalised_.end()), penalised_.end());
    return penalised_;
}

void Sampler::penalise(std::span<const int> history) {
    const std::span<const int> ids = penalised(history);
    if (ids.empty()) return;
    for (auto& [logit, id] : candidates_) {
        if (!std::binary_search(ids.begin(), ids.end(), id)) continue;
        logit = logit > 0 ? logit / options_.repeat_penalty : logit * options_.repeat_penalty;
    }
}

void Sampler::keep_top_k() {
    const auto k = options_.top_k <= 0 ? candidates_.size()
                                       : std::min(candidates_.size(), static_cast<std::size_t>(options_.top_k));
    std::partial_sort(candidates_.begin(), candidates_.begin() + static_cast<std::ptrdiff_t>(k), candidates_.end(),
                      Candidate::likelier);
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
    const auto end =
        std::find_if(candidates_.begin(), candidates_.end(), [&](const Candidate& c) { return c.logit < least; });
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
