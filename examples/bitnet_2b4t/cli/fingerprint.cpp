#include "fingerprint.hpp"

#include <array>
#include <random>
#include <span>
#include <vector>

#include "../compute/projection.hpp"

namespace bitnet::cli {

namespace {

/// FNV-1a of some numbers' bytes.
class Hash {
 public:
    template <class T>
    void add(std::span<const T> numbers) {
        for (const std::byte byte : std::as_bytes(numbers))
            value_ = (value_ ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3U;
    }
    std::uint64_t value() const { return value_; }

 private:
    std::uint64_t value_ = 0xcbf29ce484222325U;
};

void add_product(Hash& hash, const Matrix& matrix, Threads& threads) {
    std::mt19937 random(1);
    ternion::QuantizedActivations noise;
    noise.resize(1, matrix.shape.k);
    std::int32_t sum = 0;
    for (std::size_t k = 0; k < matrix.shape.k; ++k)
        sum += noise.mutable_row(0)[k] = static_cast<std::int8_t>(static_cast<int>(random() % 255) - 127);
    noise.set(0, 1, sum);
    std::vector<float> products(matrix.shape.n);
    project({{matrix, products}}, noise, threads);
    hash.add<float>(products);
}

void add_some_rows(Hash& hash, const Embedding& table) {
    std::vector<float> row(table.hidden());
    for (std::size_t i = 0; i < table.vocab(); i += ternion::ceil_div(table.vocab(), std::size_t{1000})) {
        table.read(i, row);
        hash.add<float>(row);
    }
}

}  // namespace

std::uint64_t fingerprint(const Model& model) {
    Hash hash;
    const Weights& weights = model.weights();
    const Config& c = weights.config;
    hash.add<std::size_t>(std::array{c.layers, c.hidden, c.ffn, c.heads, c.kv_heads, c.head_dim, c.vocab});
    hash.add<float>(std::array{c.norm_eps, c.rope_theta});
    hash.add(weights.output_norm.weight());
    for (const LayerWeights& layer : weights.layers) {
        for (const auto* norm : {&layer.attn_norm, &layer.attn_sub_norm, &layer.ffn_norm, &layer.ffn_sub_norm})
            hash.add(norm->weight());
        for (const Matrix* matrix : {&layer.q, &layer.k, &layer.v, &layer.o, &layer.gate, &layer.up, &layer.down})
            add_product(hash, *matrix, model.threads());
    }
    for (const Embedding* table : {&weights.embedding, &weights.head()})
        add_some_rows(hash, *table);
    return hash.value();
}

}  // namespace bitnet::cli
