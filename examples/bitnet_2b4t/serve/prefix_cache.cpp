#include "prefix_cache.hpp"

#include <algorithm>

namespace bitnet::serve {
namespace {

constexpr std::size_t most_snapshots = 1024;  // so that looking through them stays cheap

}  // namespace

std::size_t common_prefix(std::span<const int> a, std::span<const int> b) {
    const auto same = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return static_cast<std::size_t>(same.first - a.begin());
}

PrefixCache::Found PrefixCache::find(std::span<const int> tokens) {
    std::size_t best = 0, place = 0;
    for (std::size_t i = 0; i < kept_.size(); ++i) {
        const std::size_t length = common_prefix(kept_[i].tokens(), tokens);
        if (length > best) best = length, place = i;
    }
    if (best == 0) return {};
    std::rotate(kept_.begin() + static_cast<std::ptrdiff_t>(place),
                kept_.begin() + static_cast<std::ptrdiff_t>(place) + 1, kept_.end());
    return {&kept_.back(), best};
}

void PrefixCache::keep(const Snapshot& snapshot) {
    if (most_bytes_ == 0 || snapshot.tokens().empty()) return;
    const auto held_by = [](const Snapshot& a, const Snapshot& b) {
        return common_prefix(a.tokens(), b.tokens()) == a.tokens().size();
    };
    const auto holds_it = [&](const Snapshot& other) { return held_by(snapshot, other); };
    if (const auto holder = std::ranges::find_if(kept_, holds_it); holder != kept_.end()) {
        std::rotate(holder, holder + 1, kept_.end());
        return;
    }
    std::erase_if(kept_, [&](const Snapshot& other) { return held_by(other, snapshot); });
    kept_.push_back(snapshot);
    for (bytes_ = Snapshot::cache_bytes(kept_); !kept_.empty(); bytes_ = Snapshot::cache_bytes(kept_)) {
        if (bytes_ <= most_bytes_ && kept_.size() <= most_snapshots) break;
        kept_.erase(kept_.begin());
    }
}

}  // namespace bitnet::serve
