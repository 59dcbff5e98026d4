#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>

#include "../core/config.hpp"

namespace ternion {

inline namespace TERNION_ABI {

/// Quantises weights as BitNet b1.58 does: gamma = max(mean |w|, 1e-5), trit = clamp(round_half_even(w / gamma), -1,
/// 1). Returns gamma, the scale: w is about gamma * trit. `w` and `trits` have the same length, at least 1, and don't
/// overlap. The mean is summed in double, in order, so it is the same on every machine. Throws std::invalid_argument
/// for other lengths and for weights that aren't finite. Source: arXiv 2402.17764, section 2.
inline float absmean_quantize(std::span<const float> w, std::span<std::int8_t> trits) {
    if (w.empty() || w.size() != trits.size()) {
        TERNION_THROW(std::invalid_argument, "absmean_quantize: " + std::to_string(w.size()) + " weights, room for " +
                                                 std::to_string(trits.size()) + " trits");
    }
    double sum = 0;
    for (const float value : w)
        sum += std::fabs(static_cast<double>(value));
    if (!std::isfinite(sum)) TERNION_THROW(std::invalid_argument, "absmean_quantize: a weight is not finite");
    const float gamma = (std::max)(static_cast<float>(sum / static_cast<double>(w.size())), 1e-5f);
    for (std::size_t i = 0; i < w.size(); ++i) {
        // |w / gamma| = 0.5 is a tie, and goes to the even neighbour 0.
        const float ratio = w[i] / gamma;
        trits[i] = static_cast<std::int8_t>((ratio > 0.5f) - (ratio < -0.5f));
    }
    return gamma;
}

}  // namespace TERNION_ABI
}  // namespace ternion
