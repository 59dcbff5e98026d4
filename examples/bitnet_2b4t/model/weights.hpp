#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <ternion/ternion.hpp>
#include <vector>

#include <ternion/core/thread_pool.hpp>
#include "../compute/matrix.hpp"
#include "../files/model_source.hpp"
#include "../head/embedding.hpp"
#include "../head/screen.hpp"
#include "config.hpp"

namespace bitnet {

/// The linear layers quantise their inputs (BitLinear); q, k and v share theirs, and so do gate and up.
struct LayerWeights {
    ternion::RmsNorm attn_norm;
    Matrix q, k, v;  // all matrices are in `store`
    ternion::RmsNorm attn_sub_norm;
    Matrix o;
    ternion::RmsNorm ffn_norm;
    Matrix gate, up;
    ternion::RmsNorm ffn_sub_norm;
    Matrix down;
    MatrixStore store;
};

struct Weights {
    Config config;
    const Kernels& kernels;
    Embedding embedding;
    std::optional<Embedding> separate_head;  // else the head is the embedding
    std::optional<Screen> screen;            // of the head: makes the likeliest tokens cheap
    std::vector<LayerWeights> layers;
    ternion::RmsNorm output_norm;

    const Embedding& head() const { return separate_head ? *separate_head : embedding; }
};

/// Called with the number of layers that are ready, and of all.
using LoadProgress = std::function<void(std::size_t done, std::size_t total)>;

/// Repacks the ternary layers for computing with these kernels. The embedding stays in the source, which must outlive
/// the weights; there is no screen yet. Throws FileError, which names the file and the tensor, where a tensor is
/// missing or isn't as the sizes say.
Weights load_weights(const ModelSource& source, const Kernels& kernels, ternion::ThreadPool& threads,
                     const LoadProgress& progress = {});

}  // namespace bitnet
