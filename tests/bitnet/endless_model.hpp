#pragma once

#include <string>
#include <vector>

#include "files/synth.hpp"

namespace bitnet_tests {

/// A model that goes on for a very long time: it draws from 100000 tokens alike, and only two of them stop it.
inline void write_endless_model(const std::string& path) {
    bitnet::SynthOptions options;
    options.output = path;
    options.layers = 2;
    options.sizes = bitnet::config_2b4t;
    options.sizes.hidden = 64;
    options.sizes.ffn = 128;
    options.sizes.heads = 2;
    options.sizes.kv_heads = 1;
    options.sizes.head_dim = 32;
    options.sizes.vocab = 100000;
    options.sizes.context = 1 << 20;
    bitnet::synthesize(options);
}

/// The options with which it does.
inline const std::vector<std::string> endlessly = {"--temp", "1000",    "--top-k", "0",      "--top-p",
                                                   "1",      "--min-p", "0",       "--seed", "1"};

}  // namespace bitnet_tests
