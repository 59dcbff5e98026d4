#pragma once

#include <algorithm>
#include <bitnet/activation_type.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <ternion/core/thread_pool.hpp>
#include <ternion/runtime/any_ternary.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "../compute/kernels.hpp"
#include "../files/model_source.hpp"
#include "../head/embedding.hpp"
#include "../head/screen.hpp"
#include "config.hpp"
#include "layer_inputs.hpp"
#include "model_shares.hpp"

namespace bitnet {

/// A norm that some architectures lack: tokens then pass as they are.
class OptionalNorm {
 public:
    explicit OptionalNorm(std::size_t channels) : channels_(channels) {}
    explicit OptionalNorm(InputNorm norm) : channels_(norm.channels()), norm_(std::move(norm)) {}

    std::size_t channels() const { return channels_; }
    /// Null where there is none.
    const InputNorm* norm() const { return norm_ ? &*norm_ : nullptr; }
    void normalise(const float* x, float* y) const noexcept {
        norm_ ? norm_->normalise(x, y) : void(std::copy_n(x, channels_, y));
    }

 private:
    std::size_t channels_;
    std::optional<InputNorm> norm_;
};

/// What layers that share an input have in front: a norm and the quantizer.
using InputStage = ternion::InputStage<InputNorm, InputQuantizer>;
/// A linear layer, whose norm is its sub-norm, or the one of its own that some models have before each.
using Linear = ternion::BitLinear<ternion::AnyTernary, InputQuantizer, OptionalNorm>;

struct LayerWeights {
    InputStage attn_norm;
    Linear q, k, v;
    OptionalNorm q_norm, k_norm;  // of a head
    Linear o;
    InputStage ffn_norm;
    Linear gate, up, down;
    ternion::AlignedBuffer<std::byte> memory;  // of all matrices: on huge pages, of which one alone might fill none
};

/// What this rank has of a model, which is all of it where it is alone.
struct Weights {
    Config config;
    const Kernels& kernels;
    ModelShares shares;
    Embedding embedding;
    std::optional<Embedding> own_head;  // of this rank's tokens; else the head is the embedding
    std::optional<Screen> screen;       // of the head: makes the likeliest tokens cheap
    std::vector<LayerWeights> layers;
    ternion::AnyRmsNorm output_norm;
    std::vector<float> rope_divisors;  // of Config::rope_divisors

    /// Of this rank's tokens, which begin with shares.tokens.begin(shares.rank).
    const Embedding& head() const { return own_head ? *own_head : embedding; }
};

/// Called with the number of layers that are ready, and of all.
using LoadProgress = std::function<void(std::size_t done, std::size_t total)>;

/// Repacks the ternary layers, or this rank's share of them, for computing with these kernels, in the packing that is
/// given or chosen. The embedding stays in the source, which must outlive the weights; there is no screen yet. Throws
/// FileError, which names the file and the tensor, where a tensor is missing or isn't as the sizes say.
Weights load_weights(const ModelSource& source, const Kernels& kernels, ternion::ThreadPool& threads,
                     const LoadProgress& progress = {}, ActivationType activations = ActivationType::automatic,
                     ternion::AnyCommunicator* ranks = nullptr, const ternion::PackingKernels* packing = nullptr);

}  // namespace bitnet
