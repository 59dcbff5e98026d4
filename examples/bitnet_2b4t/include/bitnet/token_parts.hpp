#pragma once

#include <array>
#include <cstddef>
#include <numeric>
#include <string_view>

namespace bitnet {

/// What a token's time and bytes go to: the products of a layer by what they take in, each with what is fused with it;
/// attention with RoPE and the KV cache; norms with quantizers and the embedding's rows; the head.
enum class TokenPart { qkv, attention_output, gate_up, down, attention, norms, head };
inline constexpr std::array<std::string_view, 7> token_part_names = {"q, k, v",   "o",     "gate, up", "down",
                                                                     "attention", "norms", "head"};

/// Seconds that were spent in each part.
struct PartTimes {
    std::array<double, token_part_names.size()> seconds{};

    double& operator[](TokenPart part) { return seconds[static_cast<std::size_t>(part)]; }
    double operator[](TokenPart part) const { return seconds[static_cast<std::size_t>(part)]; }
    double total() const { return std::accumulate(seconds.begin(), seconds.end(), 0.0); }
};

}  // namespace bitnet
