#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "../model/config.hpp"
#include "families.hpp"

namespace bitnet {

struct SynthOptions {
    std::string output;
    std::size_t layers = 0;  // 0: as many as the size has
    std::uint64_t seed = 1;
    /// Layers add next to nothing, so that each token's likeliest successor is the token itself: text for which drafts
    /// are always right. Every weight is read and multiplied as otherwise.
    bool repeating = false;
    /// Of the feed-forward gates, those that squared ReLU makes zero; see ZeroGates.
    std::optional<double> ffn_zeros;
    /// A tiktoken file. Without one the vocabulary has a token for each byte, LLaMA-3's special tokens, and fillers up
    /// to sizes.vocab.
    std::string vocabulary;
    const Family* family = &families().front();
    /// All sizes but the tokens where a vocabulary is given.
    Config sizes = config_2b4t;
    /// Called now and then with the bytes of tensors written so far and in all. May throw, to give up.
    std::function<void(std::uint64_t done, std::uint64_t total)> progress;
};

/// Writes a GGUF model with random weights in the sizes of BitNet b1.58 2B4T (1.18 GB) or others, to measure speed
/// without a download, in the formats of RandomTensors. The same options give the same bytes from the same program.
/// Streams: needs some 50 MB of memory. Throws FileError, and what ZeroGates
/// throws.
void synthesize(const SynthOptions& options);

}  // namespace bitnet
