#pragma once

#include <cstddef>
#include <span>
#include <ternion/ternion.hpp>

#include "attention.hpp"
#include "compute/threads.hpp"
#include "kv_cache.hpp"
#include "rope.hpp"
#include "weights.hpp"

namespace bitnet {

/// Runs tokens through the model. The weights and the sequence's KV cache are the caller's; the decoder only owns its
/// working memory, which grows to the largest run of tokens and is then reused.
class Decoder {
 public:
    /// `weights` and `threads` must outlive the decoder.
    Decoder(const Weights& weights, Threads& threads);

    const Config& config() const { return weights_.config; }

    /// Appends `tokens` to the sequence in `cache`. Throws std::invalid_argument for an id that is none, and
    /// std::length_error where the cache has no room; the sequence is then unchanged.
    void forward(std::span<const int> tokens, KvCache& cache);

    /// Logits of what follows the last token of the last run; valid until the next call.
    std::span<const float> logits();
    /// Logits [count, vocab] of what follows tokens `first` and following of the last run.
    void logits(std::size_t first, std::size_t count, std::span<float> out);

 private:
    void resize(std::size_t count);
    void embed(std::span<const int> tokens);
    void attend(const LayerWeights& layer, std::size_t index, KvCache& cache);
    void feed_forward(const LayerWeights& layer);

    const Weights& weights_;
    Threads& threads_;
    Rope rope_;
    Attention attention_;
    std::size_t count_ = 0;  // tokens of the run

    using Floats = ternion::AlignedBuffer<float>;
    Floats h_, x_;      // the residual stream and its norm, [count, hidden]
    Floats q_, k_, v_;  // [count, heads or kv_heads, head_dim]
    Floats attended_;   // as q_
    Floats gate_, up_;  // [count, ffn]
    Floats logits_;     // [vocab]
    ternion::QuantizedActivations activations_;
    NormedLinear::Workspace workspace_;
};

}  // namespace bitnet
