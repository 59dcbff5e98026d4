#pragma once

#include <bitnet/model.hpp>
#include <cstddef>
#include <random>
#include <vector>

namespace bitnet::cli {

/// Tokens to measure with, the same for each call.
inline std::vector<int> random_tokens(const Model& model, std::size_t count) {
    std::mt19937 random(1);
    std::vector<int> tokens(count);
    for (int& token : tokens)
        token = static_cast<int>(random() % model.vocabulary_size());
    return tokens;
}

}  // namespace bitnet::cli
