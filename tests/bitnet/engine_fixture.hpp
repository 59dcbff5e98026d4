#pragma once

#include <bitnet/engine.hpp>
#include <string>
#include <vector>

namespace bitnet_tests {

inline const std::string tiny_model = TESTS_DIR "/golden/tiny-bitnet.gguf";
inline const std::string shipped_model = TESTS_DIR "/../examples/models/small.gguf";

/// Prompts of the tiny model, which knows 528 ids: of one token, of several batches of 16, and between.
inline std::vector<std::vector<int>> some_prompts() {
    std::vector<std::vector<int>> prompts;
    for (const std::size_t size : {1, 5, 16, 50, 8}) {
        auto& prompt = prompts.emplace_back();
        for (std::size_t i = 0; i < size; ++i)
            prompt.push_back(static_cast<int>((prompts.size() * 97 + i * i * 31) % 500));
    }
    return prompts;
}

/// Options that differ from sequence to sequence: greedy and drawn, with drafts and without.
inline bitnet::GenerationOptions some_options(std::size_t index) {
    bitnet::GenerationOptions options;
    options.limit = 10 + 7 * static_cast<int>(index);
    options.draft_ngram = index % 2;
    options.sampling.temperature = index < 2 ? 0.0F : 0.8F;
    options.sampling.repeat_penalty = index == 3 ? 1.1F : 1.0F;
    options.sampling.seed = index;
    return options;
}

}  // namespace bitnet_tests
