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

/// What sign_quantize subtracts from weights before it takes their signs.
enum class Centring { none, mean };

inline namespace TERNION_ABI {

/// Quantises weights as BitNet v1 does: trit = -1 where w < 0, else +1 (a zero, of either sign, counts as +1), or, with
/// Centring::mean, -1 where w < mean(w). Returns alpha = mean |w|, the scale: w is about alpha * trit. Packing Binary
/// holds such weights in a bit each. `w` and `trits` have the same length, at least 1, and don't overlap. Means are
/// summed in double, in order, and the centred comparison is in double, so both are the same on every machine. Weights
/// that are all zero, or too small for a float's mean, give the smallest normal float, since a matrix has no scale of
/// zero. Throws std::invalid_argument for other lengths and for weights that aren't finite. Source: arXiv 2310.11453,
/// section 2.1.
inline float sign_quantize(std::span<const float> w, std::span<std::int8_t> trits, Centring centring = Centring::none) {
    if (w.empty() || w.size() != trits.size()) {
        TERNION_THROW(std::invalid_argument, "sign_quantize: " + std::to_string(w.size()) + " weights, room for " +
                                                 std::to_string(trits.size()) + " trits");
    }
    double sum = 0;
    double magnitudes = 0;
    for (const float value : w) {
        sum += static_cast<double>(value);
        magnitudes += std::fabs(static_cast<double>(value));
    }
    if (!std::isfinite(magnitudes)) TERNION_THROW(std::invalid_argument, "sign_quantize: a weight is not finite");
    const auto count = static_cast<double>(w.size());
    const double centre = centring == Centring::mean ? sum / count : 0.0;
    for (std::size_t i = 0; i < w.size(); ++i)
        trits[i] = static_cast<double>(w[i]) < centre ? std::int8_t{-1} : std::int8_t{1};
    return (std::max)(static_cast<float>(magnitudes / count), 0x1p-126f);
}

}  // namespace TERNION_ABI
}  // namespace ternion
