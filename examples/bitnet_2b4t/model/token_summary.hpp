#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace bitnet {

/// What the other ranks need to know of a rank's part of a token x in front of a norm with weights w, in order to round
/// theirs.
struct TokenSummary {
    double squares = 0;        // the sum of x^2
    double first = 0;          // the largest |x| * |w|, which is exact
    double second = 0;         // the second largest
    float x = 0, weight = 0;   // whose product the first is
    float largest_weight = 0;  // |w|
};

/// Of the n values of a part; `weight` is null where there is no norm, and then counts as ones.
TokenSummary summarise(const float* x, const float* weight, std::size_t n);

/// What the norm multiplies x by, before the weights, and the largest magnitude of its result.
struct TokenScaling {
    float factor;
    float peak;
};

/// Those that rms_normalise has for a whole token of n values, bit for bit, from all ranks' summaries; none where these
/// don't tell. The norm's sum, in another order, is off by some units of its last place: the factor is known where all
/// sums so near round to the same float, which fails for one token in a million. The peak is known where no two
/// products are so close that the norm's roundings may change which is the larger, or be it that they underflow.
/// `eps` is the norm's; null where there is none.
std::optional<TokenScaling> join(std::span<const TokenSummary> parts, std::size_t n, const float* eps);

}  // namespace bitnet
