#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "screen.hpp"

namespace bitnet {

/// Finds the likeliest tokens after some vectors, by a screen where there is one. The logits are those that
/// Embedding::logits gives for one vector, bit for bit, and so are the results of whoever looks at no more than the
/// `best` tokens, whether they come from the screen or not.
class Likeliest {
 public:
    /// `screen` may be null; both must outlive this.
    Likeliest(const Embedding& head, const Screen* screen, std::size_t at_once)
        : head_(head), screen_(screen), at_once_(at_once) {}

    /// From now on of these vectors [count, hidden], which must stay where they are.
    void reset(std::span<const float> vectors);

    /// After vector `i`: at least the `best` likeliest tokens but for `always`, and all of `always` (distinct ids; a
    /// sampler may change the logits of those). With `best` = 0 all tokens. Valid until the next call. Reads the screen
    /// once for `i` and the vectors after it, up to `at_once`.
    std::span<const Candidate> after(std::size_t i, std::size_t best, std::span<const int> always,
                                     ternion::ThreadPool& threads);

    /// Reads the screen once for the last vector of each, of one model, instead of in the next `after` of each.
    static void prepare_last(std::span<Likeliest* const> all, ternion::ThreadPool& threads);

 private:
    const Embedding& head_;
    const Screen* screen_;
    std::size_t at_once_;
    std::span<const float> vectors_;
    std::size_t first_ = 0, known_ = 0;  // vectors that there are bounds for
    std::vector<LogitBounds> bounds_;
    std::vector<Candidate> found_;
    std::vector<float> logits_;
};

}  // namespace bitnet
