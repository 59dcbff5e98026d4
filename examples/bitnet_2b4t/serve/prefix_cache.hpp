#pragma once

#include <bitnet/session.hpp>
#include <cstddef>
#include <span>
#include <vector>

namespace bitnet::serve {

/// How many tokens both begin with.
std::size_t common_prefix(std::span<const int> a, std::span<const int> b);

/// Sequences that were computed, to go on from where another begins the same. What several begin with lies in memory
/// once. Beyond so many bytes, those leave that nobody used for longest. Not for several threads.
class PrefixCache {
 public:
    /// `bytes` is the most memory of KV caches; 0: nothing is kept.
    explicit PrefixCache(std::size_t bytes) : most_bytes_(bytes) {}

    struct Found {
        const Snapshot* snapshot = nullptr;
        std::size_t length = 0;  // tokens that both begin with
    };
    /// The snapshot that begins as `tokens` do for longest, valid until the next `keep`; none for no token.
    Found find(std::span<const int> tokens);
    void keep(const Snapshot& snapshot);

    std::size_t size() const { return kept_.size(); }
    std::size_t bytes() const { return bytes_; }

 private:
    std::size_t most_bytes_, bytes_ = 0;
    std::vector<Snapshot> kept_;  // the one used last is the last
};

}  // namespace bitnet::serve
