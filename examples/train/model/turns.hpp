#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "parameters.hpp"

namespace train {

/// The order in which the parts of a batch add to what they share: at each place, such as a tensor, one after the other
/// by their numbers, so that sums are the same bits on any number of threads. A part waits for those before it alone:
/// whoever takes parts in their order can't wait for ever.
class Turns {
 public:
    explicit Turns(std::size_t places) : next_(places) {}

    /// Before the first part of a batch.
    void begin() {
        for (std::atomic<std::uint32_t>& next : next_)
            next.store(0, std::memory_order_relaxed);
    }
    /// Calls add() when each part before has added at this place. Each part adds once at each place.
    template <class F>
    void take(std::size_t place, std::uint32_t part, const F& add) {
        std::atomic<std::uint32_t>& next = next_[place];
        std::uint32_t now = next.load(std::memory_order_acquire);
        for (; now < part; now = next.load(std::memory_order_acquire))
            next.wait(now, std::memory_order_acquire);
        if (now != part) return;  // all was abandoned
        add();
        if (next.compare_exchange_strong(now, part + 1, std::memory_order_acq_rel)) next.notify_all();
    }
    /// For a part that fails: nobody waits for it any more. What is added from then on is no sum of anything.
    void abandon() {
        for (std::atomic<std::uint32_t>& next : next_) {
            next.store(UINT32_MAX, std::memory_order_release);
            next.notify_all();
        }
    }

 private:
    std::vector<std::atomic<std::uint32_t>> next_;  // the part whose turn it is, of each place
};

/// Where a backward pass adds the gradients of the weights: alone, or as a part of a batch, in turn with the others.
class WeightGradients {
 public:
    explicit WeightGradients(std::span<float> all) : all_(all) {}
    WeightGradients(std::span<float> all, Turns& turns, std::size_t part)
        : all_(all), turns_(&turns), part_(static_cast<std::uint32_t>(part)) {}

    /// Calls add(gradients of the tensor).
    template <class F>
    void add(const Layout::Piece& piece, const F& add) const {
        in_turn(piece.place, [&] { add(of(piece)); });
    }
    template <class F>
    void in_turn(std::size_t place, const F& add) const {
        turns_ == nullptr ? add() : turns_->take(place, part_, add);
    }
    std::span<float> of(const Layout::Piece& piece) const { return all_.subspan(piece.offset, piece.size()); }

 private:
    std::span<float> all_;
    Turns* turns_ = nullptr;
    std::uint32_t part_ = 0;
};

}  // namespace train
