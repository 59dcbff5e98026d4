#pragma once

// Quantizers of activations in float64, straight from the papers' formulas, and the comparison with them.

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace test {

/// q = clamp(round(x * factor), lowest, highest), x = scale * q; the ratio x * factor itself says how near a tie lies.
struct ExactToken {
    std::vector<double> ratio;
    std::vector<double> q;
    double scale;
};

inline ExactToken rounded(std::span<const float> x, double factor, double scale, double lowest, double highest) {
    ExactToken token{{}, {}, scale};
    for (const float value : x) {
        token.ratio.push_back(static_cast<double>(value) * factor);
        token.q.push_back(std::clamp(std::nearbyint(token.ratio.back()), lowest, highest));
    }
    return token;
}

inline double largest_magnitude(std::span<const float> x) {
    double peak = 0;
    for (const float value : x)
        peak = std::max(peak, std::fabs(static_cast<double>(value)));
    return peak;
}

inline double mean_of_magnitudes(std::span<const float> x) {
    double sum = 0;
    for (const float value : x)
        sum += std::fabs(static_cast<double>(value));
    return sum / static_cast<double>(x.size());
}

/// b1.58: s = top / max(max |x|, 1e-5).
inline ExactToken exact_absmax(std::span<const float> x, int bits) {
    const double top = std::exp2(bits - 1) - 1, peak = std::max(largest_magnitude(x), 1e-5);
    return rounded(x, top / peak, peak / top, -top - 1, top);
}

/// v1: q = clamp(round(x Q / (max |x| + 1e-5)), -Q, Q - 1), y = q max |x| / Q.
inline ExactToken exact_v1(std::span<const float> x, int bits) {
    const double q = std::exp2(bits - 1), peak = largest_magnitude(x);
    return rounded(x, q / (peak + 1e-5), peak / q, -q, q - 1);
}

/// a4.8: q = clamp(round(x sqrt(7) / beta), -8, 7), beta = max(mean |x|, 1e-5).
inline ExactToken exact_absmean(std::span<const float> x) {
    const double beta = std::max(mean_of_magnitudes(x), 1e-5);
    return rounded(x, std::sqrt(7.0) / beta, beta / std::sqrt(7.0), -8, 7);
}

/// Whether integers and scale are the oracle's; next to a tie either neighbour is, because policies round their factor
/// to float.
inline bool agrees(const ExactToken& exact, std::span<const std::int8_t> q, float scale) {
    bool right = std::fabs(static_cast<double>(scale) - exact.scale) <= 3e-7 * exact.scale;
    for (std::size_t i = 0; i < q.size(); ++i) {
        const double to_tie = std::fabs(std::fabs(exact.ratio[i] - std::trunc(exact.ratio[i])) - 0.5);
        const bool near_tie = to_tie <= 3e-7 * std::fabs(exact.ratio[i]);
        const double off = std::fabs(static_cast<double>(q[i]) - exact.q[i]);
        right = right && (off == 0 || (near_tie && off == 1));
    }
    return right;
}

/// How many values are farther from scale * q than half a step, a little for the rounding of factor and scale, and
/// `slack`. Those that Policy may have clamped can only have come nearer to zero.
template <class Policy>
std::size_t beyond_half_a_step(std::span<const float> x, std::span<const std::int8_t> q, double scale, double slack) {
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const auto value = static_cast<double>(x[i]);
        const double error = std::fabs(value - scale * q[i]);
        const bool clamped = q[i] == Policy::lowest || q[i] == Policy::highest;
        const double bound = clamped ? std::fabs(value) : scale / 2 + 1e-6 * std::fabs(value) + slack;
        wrong += error > bound;
    }
    return wrong;
}

/// H x by the definition of the Walsh-Hadamard matrix of `block` inputs, in float64, block by block.
inline std::vector<float> exact_rotation(std::span<const float> x, std::size_t block) {
    std::vector<float> y;
    for (std::size_t i = 0; i < x.size(); ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < block; ++j) {
            const double value = static_cast<double>(x[i / block * block + j]);
            sum += std::popcount(i % block & j) % 2 == 0 ? value : -value;
        }
        y.push_back(static_cast<float>(sum / std::sqrt(static_cast<double>(block))));
    }
    return y;
}

}  // namespace test
