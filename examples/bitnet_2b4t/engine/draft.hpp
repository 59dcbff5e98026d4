#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

namespace bitnet {

/// Prompt lookup: `most` tokens as they followed when the sequence's last `ngram` tokens (at least 1) last stood there;
/// what follows up to the sequence's end goes on with the draft itself, round and round. Empty where they never did.
inline std::vector<int> look_up_draft(std::span<const int> tokens, std::size_t ngram, std::size_t most) {
    if (tokens.size() <= ngram) return {};
    const auto last = tokens.last(ngram);
    for (std::size_t end = tokens.size() - 1; end >= ngram; --end) {
        const auto earlier = tokens.subspan(end - ngram, ngram);
        if (!std::equal(earlier.begin(), earlier.end(), last.begin())) continue;
        std::vector<int> draft;
        while (draft.size() < most) {
            const std::size_t place = end + draft.size();
            draft.push_back(place < tokens.size() ? tokens[place] : draft[place - tokens.size()]);
        }
        return draft;
    }
    return {};
}

}  // namespace bitnet
