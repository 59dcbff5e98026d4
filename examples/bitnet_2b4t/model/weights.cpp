#include "weights.hpp"

#include <array>
#include <string>
#include <utility>

#include "../files/tensor_reader.hpp"

namespace bitnet {

namespace {

LayerWeights load_layer(const TensorReader& reader, const Config& config, const Kernels& kernels, std::size_t index) {
    const std::size_t hidden = config.hidden, ffn = config.ffn, q = config.q_size(), kv = config.kv_size();
    const auto tensor = [&](const char* name) { return "blk." + std::to_string(index) + "." + name + ".weight"; };
    const auto norm = [&](const char* name, std::size_t size) {
        return reader.norm(tensor(name), size, config.norm_eps);
    };
    const auto matrix = [&](const char* name, std::size_t outputs, std::size_t inputs) {
        return reader.matrix(tensor(name), outputs, inputs, kernels);
    };
    const std::array packed = {matrix("attn_q", q, hidden),     matrix("attn_k", kv, hidden),
                               matrix("attn_v", kv, hidden),    matrix("attn_output", hidden, q),
                               matrix("ffn_gate", ffn, hidden), matrix("ffn_up", ffn, hidden),
                               matrix("ffn_down", hidden, ffn)};
    MatrixStore store(packed);
    return {.attn_norm = norm("attn_norm", hidden),
            .q = store[0],
            .k = store[1],
            .v = store[2],
            .attn_sub_norm = norm("attn_sub_norm", q),
            .o = store[3],
            .ffn_norm = norm("ffn_norm", hidden),
            .gate = store[4],
            .up = store[5],
            .ffn_sub_norm = norm("ffn_sub_norm", ffn),
            .down = store[6],
            .store = std::move(store)};
}

}  // namespace

Weights load_weights(const ModelSource& source, const Kernels& kernels, ternion::ThreadPool& threads,
                     const LoadProgress& progress) {
    const TensorReader reader(source, threads);
    const Config config = source.config();
    const auto table = [&](const char* name) {
        return Embedding(reader.dense(name, config.vocab, config.hidden), kernels);
    };
    Weights weights{.config = config,
                    .kernels = kernels,
                    .embedding = table("token_embd.weight"),
                    .separate_head = {},
                    .screen = {},
                    .layers = {},
                    .output_norm = reader.norm("output_norm.weight", config.hidden, config.norm_eps)};
    if (source.contains("output.weight")) weights.separate_head = table("output.weight");
    weights.layers.reserve(config.layers);
    for (std::size_t i = 0; i < config.layers; ++i) {
        if (progress) progress(i, config.layers);
        weights.layers.push_back(load_layer(reader, config, kernels, i));
    }
    if (progress) progress(config.layers, config.layers);
    return weights;
}

}  // namespace bitnet
