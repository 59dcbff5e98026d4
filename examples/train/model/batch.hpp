#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace train {

/// Token sequences one after the other, none of which attends to another. `targets[i]` is the token that should follow
/// token i, -1 where nobody asks. With `reference`, the log-probability of each sequence's targets by a reference
/// model, sequences come in pairs: a chosen answer and a rejected one.
struct Batch {
    std::vector<std::size_t> lengths;
    std::vector<int> tokens;
    std::vector<int> targets;
    std::vector<double> reference = {};

    std::size_t sequences() const { return lengths.size(); }
    std::size_t together() const { return reference.empty() ? 1 : 2; }
    std::size_t asked() const {
        return targets.size() - static_cast<std::size_t>(std::count(targets.begin(), targets.end(), -1));
    }
    /// What a mean is taken over: targets, or pairs.
    std::size_t units() const { return reference.empty() ? asked() : sequences() / 2; }

    void add(std::span<const int> sequence, std::span<const int> wanted);
    Batch part(std::size_t first, std::size_t count) const;
    /// In so many parts of about as many tokens each; some may be empty. Pairs stay together.
    std::vector<Batch> parts(std::size_t count) const;
};

}  // namespace train
