#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <ternion/ternion.hpp>
#include <vector>

#include <bitnet/candidate.hpp>
#include <ternion/core/thread_pool.hpp>
#include "embedding.hpp"

namespace bitnet {

/// Bounds of the logits of one vector: a row's logit is at most `upper`. A group is 64 rows; `top` is the largest upper
/// bound in it, `sure` a number that at least one of its logits reaches. Without bounds, nothing is known.
struct LogitBounds {
    bool known = false;
    ternion::AlignedBuffer<float> upper;      // [vocab]
    ternion::AlignedBuffer<float> sure, top;  // [groups]
};

/// An int8 copy of a head, half the size of F16, which finds the few rows that may have the largest logits; only their
/// exact logits are then computed. No token is lost by that, because the bounds are proven (screen.cpp). NaN, infinity
/// and numbers so large that a float could overflow give rows, or whole vectors, of which nothing is known.
class Screen {
 public:
    static constexpr std::size_t group = 64;

    Screen(const Embedding& head, ternion::ThreadPool& threads);

    /// The codes, which are read for each token.
    std::span<const std::byte> memory() const { return std::as_bytes(std::span(codes_.data(), codes_.size())); }
    std::size_t bytes() const { return codes_.size() + rows_.size() * sizeof(Row); }

    /// Bounds for each of the vectors [bounds.size(), hidden], in one pass over the copy.
    void bound(std::span<const float> vectors, std::span<LogitBounds> bounds, ternion::ThreadPool& threads) const;

    /// Rows among which are the `best` largest logits of rows other than `always`, and all `always` (distinct ids);
    /// ordered by id, logits unset. False where that would be so many rows that reading all is faster.
    bool shortlist(const LogitBounds& bounds, std::size_t best, std::span<const int> always,
                   std::vector<Candidate>& rows) const;

 private:
    /// w = scale · codes + e: |scale · codes|, and |e| with what floats may add to it.
    struct Row {
        float scale, norm, residual;
    };
    struct Vector;

    void copy_row(std::size_t row, std::span<const float> numbers, std::span<std::int8_t> scratch);
    void bound_group(std::size_t index, std::span<const Vector> vectors, std::span<LogitBounds> bounds) const;

    const Kernels& kernels_;
    std::size_t vocab_, hidden_, stride_;
    ternion::AlignedBuffer<std::uint8_t> codes_;  // [vocab, stride], code + 128
    ternion::AlignedBuffer<Row> rows_;
    float largest_norm_ = 0;
};

}  // namespace bitnet
