#include "likeliest.hpp"

#include <algorithm>
#include <stdexcept>

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

}  // namespace bitnet
