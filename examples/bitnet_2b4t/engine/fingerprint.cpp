#include "fingerprint.hpp"

#include <array>
#include <cstddef>
#include <random>
#include <span>
#include <ternion/distributed/column_gather.hpp>
#include <vector>

#include "../files/tensor_reader.hpp"
#include "fnv1a.hpp"
#include "model_state.hpp"

namespace bitnet {
namespace {

/// The rows of this rank's part of a matrix, times noise.
std::vector<float> products_of(const Linear& layer, ternion::ThreadPool& threads) {
    std::vector<float> products(layer.outputs());
    if (products.empty()) return products;
    std::mt19937 random(1);
    ternion::QuantizedActivations noise;
    noise.resize(1, layer.inputs());
    std::int32_t sum = 0;
    for (std::size_t k = 0; k < layer.inputs(); ++k)
        sum += noise.mutable_row(0)[k] = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
    noise.set(0, 1, sum);
    if (ternion::weights_need_group_sums(layer.weights())) ternion::sum_groups(noise);
    const ternion::Output<float> out{products.data(), layer.outputs()};
    ternion::multiply_weights(layer.weights(), noise, {0, layer.outputs()}, out, threads);
    return products;
}

/// Of all ranks' rows, which are shared so.
void add_product(Fnv1a& hash, const Linear& layer, const ternion::Shares& rows, const ModelState& model) {
    std::vector<float> products = products_of(layer, model.threads);
    if (ternion::AnyCommunicator* const ranks = model.weights.shares.ranks) {
        std::vector<float> all(rows.count());
        ternion::ColumnGather().to_first(*ranks, rows, 1, std::span<const float>(products), all.data(), rows.count());
        products = std::move(all);
    }
    hash.add<float>(products);
}

void add_some_rows(Fnv1a& hash, const DenseTensor& table) {
    std::vector<float> row(table.cols);
    for (std::size_t i = 0; i < table.rows; i += ternion::ceil_div(table.rows, std::size_t{1000})) {
        table.read(i, row);
        hash.add<float>(row);
    }
}

void add_layer(Fnv1a& hash, const LayerWeights& layer, const ModelState& model) {
    const ModelShares& shares = model.weights.shares;
    const Config& c = model.weights.config;
    const auto add_norm = [&](const InputNorm* norm) {
        if (norm != nullptr) hash.add(norm->rms().weight());
    };
    add_norm(&layer.attn_norm.norm());
    add_norm(layer.o.norm().norm());
    add_norm(&layer.ffn_norm.norm());
    add_norm(layer.down.norm().norm());
    add_product(hash, layer.q, shares.of_heads(c.q_size()), model);
    add_product(hash, layer.k, shares.of_heads(c.kv_size()), model);
    add_product(hash, layer.v, shares.of_heads(c.kv_size()), model);
    add_product(hash, layer.o, shares.hidden, model);
    add_product(hash, layer.gate, shares.ffn, model);
    add_product(hash, layer.up, shares.ffn, model);
    add_product(hash, layer.down, shares.hidden, model);
}

}  // namespace

std::uint64_t fingerprint(const ModelState& model) {
    Fnv1a hash;
    const Weights& weights = model.weights;
    const Config& c = weights.config;
    hash.add<std::size_t>(std::array{c.layers, c.hidden, c.ffn, c.heads, c.kv_heads, c.head_dim, c.vocab});
    hash.add<float>(std::array{c.norm_eps, c.rope_theta});
    // What 2B4T has isn't hashed, so that conversations that were saved before there was a choice still load.
    if (c.activation != Activation::squared_relu)
        hash.add<std::size_t>(std::array{static_cast<std::size_t>(c.activation)});
    if (c.bit_linear != BitLinearKind::b158) hash.add<std::size_t>(std::array{static_cast<std::size_t>(c.bit_linear)});
    hash.add(weights.output_norm.weight());
    for (const LayerWeights& layer : weights.layers)
        add_layer(hash, layer, model);
    if (weights.shares.rank != 0) return 0;
    const DenseTensor& embedding = weights.embedding.table();
    add_some_rows(hash, embedding);
    // Of all tokens: a rank's own head has some.
    const TensorReader reader(*model.source, model.threads);
    add_some_rows(hash, c.separate_head ? reader.dense("output.weight", c.vocab, c.hidden) : embedding);
    return hash.value;
}

}  // namespace bitnet
