#pragma once

#include <cstddef>
#include <random>
#include <vector>

#include "model/config.hpp"

namespace bitnet_tests {

/// Reproducible floats around 0, of about this size.
inline std::vector<float> random_floats(std::size_t count, unsigned seed, float size = 1) {
    std::mt19937 random(seed);
    std::vector<float> values(count);
    for (float& value : values)
        value = size * (static_cast<float>(random() >> 8) * 0x1p-23F - 1);
    return values;
}

/// Sizes of a small model, of which a test needs only some.
inline bitnet::Config small_config(std::size_t heads, std::size_t kv_heads, std::size_t head_dim) {
    bitnet::Config config = bitnet::config_2b4t;
    config.layers = 2;
    config.hidden = 64;
    config.ffn = 96;
    config.heads = heads;
    config.kv_heads = kv_heads;
    config.head_dim = head_dim;
    return config;
}

}  // namespace bitnet_tests
