#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "../core/shape.hpp"

namespace ternion {

/// How `count` things, such as the rows of a matrix, are shared among ranks: rank r has those from begin(r) to
/// end(r) - 1. Shares follow one another, begin at multiples of `step`, and differ by one step at most, but for the
/// last, which may lack a part of a step. Where there are fewer steps than ranks, some shares are empty.
class Shares {
 public:
    Shares() = default;
    Shares(std::size_t count, std::size_t ranks, std::size_t step = 1) {
        const std::size_t steps = ceil_div(count, step);
        for (std::size_t r = 0; r < ranks; ++r)
            ends_.push_back((std::min)(count, steps * (r + 1) / ranks * step));
    }

    [[nodiscard]] std::size_t ranks() const noexcept { return ends_.size(); }
    [[nodiscard]] std::size_t count() const noexcept { return ends_.empty() ? 0 : ends_.back(); }
    [[nodiscard]] std::size_t begin(std::size_t rank) const noexcept { return rank == 0 ? 0 : ends_[rank - 1]; }
    [[nodiscard]] std::size_t end(std::size_t rank) const noexcept { return ends_[rank]; }
    [[nodiscard]] std::size_t size(std::size_t rank) const noexcept { return end(rank) - begin(rank); }

    /// The ends of all shares times `size`: those of the bytes of things of that size, as collectives take them.
    void ends_times(std::size_t size, std::vector<std::size_t>& ends) const {
        ends.resize(ends_.size());
        std::transform(ends_.begin(), ends_.end(), ends.begin(), [&](std::size_t end) { return end * size; });
    }
    /// What each has of a range, counted from its begin.
    [[nodiscard]] Shares within(std::size_t range_begin, std::size_t range_end) const {
        Shares result;
        for (const std::size_t end : ends_)
            result.ends_.push_back(std::clamp(end, range_begin, range_end) - range_begin);
        return result;
    }
    /// Of things of which `each` belong to one of these: the rows of heads, say.
    [[nodiscard]] Shares times(std::size_t each) const {
        Shares result;
        ends_times(each, result.ends_);
        return result;
    }

 private:
    std::vector<std::size_t> ends_;
};

}  // namespace ternion
