#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <ternion/ternion.hpp>
#include <vector>

#include "compute/threads.hpp"
#include "config.hpp"
#include "files/model_source.hpp"
#include "head/embedding.hpp"

namespace bitnet {

using Packing = ternion::Interleaved2x16;
/// b1.58's linear layer; q, k and v, and gate and up, share their quantised inputs.
using Linear = ternion::BitLinear<Packing>;
/// The same with 2B4T's extra norm in front, for o and down.
using NormedLinear = ternion::BitLinear<Packing, ternion::Absmax<8>, ternion::RmsNorm>;

struct LayerWeights {
    ternion::RmsNorm attn_norm;
    Linear q, k, v;
    NormedLinear o;  // with attn_sub_norm
    ternion::RmsNorm ffn_norm;
    Linear gate, up;
    NormedLinear down;  // with ffn_sub_norm
};

struct Weights {
    Config config;
    Embedding embedding;
    std::optional<Embedding> separate_head;  // else the head is the embedding
    std::vector<LayerWeights> layers;
    ternion::RmsNorm output_norm;

    const Embedding& head() const { return separate_head ? *separate_head : embedding; }
};

/// Called with the number of layers that are ready, and of all.
using LoadProgress = std::function<void(std::size_t done, std::size_t total)>;

/// Repacks the ternary layers for computing. The embedding stays in the source, which must outlive the weights. Throws
/// FileError, which names the file and the tensor, where a tensor is missing or isn't as the sizes say.
Weights load_weights(const ModelSource& source, Threads& threads, const LoadProgress& progress = {});

}  // namespace bitnet
