#include "likeliest.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace bitnet {

void Likeliest::reset(std::span<const float> vectors) {
    vectors_ = vectors;
    known_ = 0;
}

std::span<const Candidate> Likeliest::after(std::size_t i, std::size_t best, std::span<const int> always,
                                            ternion::ThreadPool& threads) {
    const std::size_t hidden = head_.hidden();
    if (i >= vectors_.size() / hidden) throw std::out_of_range("Likeliest: there are fewer vectors");
    const auto vector = vectors_.subspan(i * hidden, hidden);
    if (screen_ != nullptr && best != 0) {
        if (i < first_ || i >= first_ + known_) {
            first_ = i;
            known_ = std::min(at_once_, vectors_.size() / hidden - i);
            bounds_.resize(std::max(bounds_.size(), known_));
            screen_->bound(vectors_.subspan(i * hidden, known_ * hidden), std::span(bounds_).first(known_), threads);
        }
        if (screen_->shortlist(bounds_[i - first_], best, always, found_)) {
            head_.logits_of_rows(vector, found_, threads);
            return found_;
        }
    }
    logits_.resize(head_.vocab());
    head_.logits(vector, 1, logits_, threads);
    found_.clear();
    for (const float logit : logits_)
        found_.push_back({logit, static_cast<int>(found_.size())});
    return found_;
}

void Likeliest::prepare_last(std::span<Likeliest* const> all, ternion::ThreadPool& threads) {
    if (all.empty() || all[0]->screen_ == nullptr) return;
    const std::size_t hidden = all[0]->head_.hidden(), at_once = all[0]->at_once_;
    std::vector<float> vectors;
    std::vector<LogitBounds> bounds;
    for (std::size_t begin = 0; begin < all.size(); begin += at_once) {
        const auto some = all.subspan(begin, std::min(at_once, all.size() - begin));
        vectors.clear();
        bounds.resize(some.size());
        for (std::size_t i = 0; i < some.size(); ++i) {
            Likeliest& one = *some[i];
            const auto last = one.vectors_.last(hidden);
            vectors.insert(vectors.end(), last.begin(), last.end());
            one.known_ = 0;
            one.bounds_.resize(std::max<std::size_t>(one.bounds_.size(), 1));
            std::swap(one.bounds_[0], bounds[i]);  // its memory is used again
        }
        all[0]->screen_->bound(vectors, bounds, threads);
        for (std::size_t i = 0; i < some.size(); ++i) {
            std::swap(some[i]->bounds_[0], bounds[i]);
            some[i]->first_ = some[i]->vectors_.size() / hidden - 1;
            some[i]->known_ = 1;
        }
    }
}

}  // namespace bitnet
