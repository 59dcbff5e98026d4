#include "token_summary.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bitnet {

TokenSummary summarise(const float* x, const float* weight, std::size_t n) {
    constexpr std::size_t lanes = 32;  // as in rms_normalise: no chain of additions, and errors that grow slowly
    TokenSummary summary;
    double sums[lanes] = {};
    const auto add = [&](std::size_t i, std::size_t lane) {
        sums[lane] += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    };
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes)
        for (std::size_t lane = 0; lane < lanes; ++lane)
            add(i + lane, lane);
    for (; i < n; ++i)
        add(i, 0);
    for (const double sum : sums)
        summary.squares += sum;
    for (i = 0; i < n; ++i) {
        const float w = weight != nullptr ? weight[i] : 1.0F;
        const double product = std::fabs(static_cast<double>(x[i]) * static_cast<double>(w));
        summary.largest_weight = std::max(summary.largest_weight, std::fabs(w));
        if (product <= summary.second) continue;
        if (std::isnan(product)) summary.squares = product;
        summary.second = std::min(product, summary.first);
        if (product <= summary.first) continue;
        summary.first = product;
        summary.x = x[i];
        summary.weight = w;
    }
    return summary;
}

std::optional<TokenScaling> join(std::span<const TokenSummary> parts, std::size_t n, const float* eps) {
    double squares = 0, first = 0;
    float largest_weight = 1;
    for (const TokenSummary& part : parts) {
        squares += part.squares;
        first = std::max(first, part.first);
        largest_weight = std::max(largest_weight, part.largest_weight);
    }
    if (!std::isfinite(squares) || !std::isfinite(largest_weight)) return std::nullopt;
    if (eps == nullptr) return TokenScaling{1, static_cast<float>(first)};

    // Each of the two sums is off by at most one rounding of 2^-53 for each addition that a value goes through.
    const double additions = static_cast<double>(n / 32 + 96 + parts.size());
    const double margin = additions * std::ldexp(1, -51);
    const auto factor_of = [&](double sum) {
        return static_cast<float>(1.0 / std::sqrt(sum / static_cast<double>(n) + static_cast<double>(*eps)));
    };
    TokenScaling scaling{factor_of(squares * (1 - margin)), 0};
    if (scaling.factor != factor_of(squares * (1 + margin))) return std::nullopt;
    if (first == 0) return scaling;

    // Two roundings move a product by less than 2^-22 of itself.
    const double close = first * (1 - std::ldexp(1, -20));
    for (const TokenSummary& part : parts) {
        if (part.second >= close) return std::nullopt;
        if (part.first >= close)
            scaling.peak = std::max(scaling.peak, std::fabs(part.x * scaling.factor * part.weight));
    }
    const float enough = std::ldexp(largest_weight, -100);
    if (scaling.peak >= enough && scaling.peak <= std::numeric_limits<float>::max()) return scaling;
    return std::nullopt;
}

}  // namespace bitnet
