#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "../tokenizer/vocabulary.hpp"
#include "model_source.hpp"
#include "zero_gates.hpp"

namespace bitnet {

/// The tensors of a model with random weights, as GGUF files of its family hold them: I2_S layers and an F16 embedding,
/// or Q2_0 for both where it has scales in groups. Weights are 3/8 zeros, the rest -1 and +1 in equal parts, and scales
/// keep activations near 1. A tensor's bytes depend on the seed and its name alone.
class RandomTensors {
 public:
    struct Storage {
        std::uint32_t type;
        std::uint64_t bytes;
    };

    /// The deviations of an embedding's numbers, and of what half a damped layer adds; otherwise that is 1.
    static constexpr float embedding_deviation = 0.04F, damped = 1e-4F;
    /// Of the weights, those that aren't zero.
    static constexpr double share_of_signs = 0.625;

    /// `added`: 1, or `damped`, by which layers add next to nothing, so that each token's likeliest successor is the
    /// token itself.
    RandomTensors(const Family& family, std::uint64_t seed, float added = 1, std::optional<ZeroGates> zero_gates = {})
        : block_scales_(!family.trained_int8), seed_(seed), added_(added), zero_gates_(std::move(zero_gates)) {}

    Storage storage(const ModelTensor& tensor) const;
    /// Hands out all its bytes, in pieces.
    void generate(const ModelTensor& tensor, const std::function<void(std::span<const std::byte>)>& take) const;

 private:
    bool block_scales_;  // Q2_0, the embedding included
    std::uint64_t seed_;
    float added_;
    std::optional<ZeroGates> zero_gates_;
};

/// A vocabulary of this many tokens that encodes any text, byte by byte.
Vocabulary filler_vocabulary(std::size_t size);

/// Such a model in memory, a tensor of which is made when it is asked for.
std::unique_ptr<ModelSource> random_source(std::string name, const Family& family, const Config& config,
                                           std::uint64_t seed);

}  // namespace bitnet
