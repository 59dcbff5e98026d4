#include "weights.hpp"

#include <string>

namespace bitnet {

namespace {

std::string shape_of(std::size_t rows, std::size_t cols) {
    return std::to_string(rows) + " x " + std::to_string(cols);
}

class Loader {
 public:
    Loader(const ModelSource& source, Threads& threads)
        : source_(source), threads_(threads), config_(source.config()) {}

    const Config& config() const { return config_; }

    Embedding embedding(const std::string& name) const { return Embedding(dense(name, config_.vocab, config_.hidden)); }

    ternion::RmsNorm norm(const std::string& name, std::size_t size) const {
        const DenseTensor tensor = dense(name, 1, size);
        std::vector<float> weight(size);
        tensor.read(0, weight);
        return {weight, config_.norm_eps};
    }

    LayerWeights layer(std::size_t index) const {
        const std::string blk = "blk." + std::to_string(index) + ".";
        const auto [hidden, ffn, q, kv] = std::tuple(config_.hidden, config_.ffn, config_.q_size(), config_.kv_size());
        return {
            .attn_norm = norm(blk + "attn_norm.weight", hidden),
            .q = Linear(matrix(blk + "attn_q.weight", q, hidden)),
            .k = Linear(matrix(blk + "attn_k.weight", kv, hidden)),
            .v = Linear(matrix(blk + "attn_v.weight", kv, hidden)),
            .o = NormedLinear(matrix(blk + "attn_output.weight", hidden, q), norm(blk + "attn_sub_norm.weight", q)),
            .ffn_norm = norm(blk + "ffn_norm.weight", hidden),
            .gate = Linear(matrix(blk + "ffn_gate.weight", ffn, hidden)),
            .up = Linear(matrix(blk + "ffn_up.weight", ffn, hidden)),
            .down = NormedLinear(matrix(blk + "ffn_down.weight", hidden, ffn), norm(blk + "ffn_sub_norm.weight", ffn))};
    }

 private:
    template <class Tensor>
    void check_shape(const Tensor& tensor, std::size_t rows, std::size_t cols) const {
        if (tensor.rows == rows && tensor.cols == cols) return;
        throw FileError(source_.name(), shape_of(rows, cols) + " numbers in tensor " + in_quotes(tensor.name),
                        shape_of(tensor.rows, tensor.cols));
    }

    DenseTensor dense(const std::string& name, std::size_t rows, std::size_t cols) const {
        DenseTensor tensor = source_.dense(name);
        check_shape(tensor, rows, cols);
        return tensor;
    }

    ternion::PackedTernary<Packing> matrix(const std::string& name, std::size_t rows, std::size_t cols) const {
        const TernaryTensor tensor = source_.ternary(name);
        check_shape(tensor, rows, cols);
        try {
            if (tensor.i2s.empty()) return pack_rows(tensor);
            return ternion::repack<Packing>(ternion::borrow<ternion::I2S>(tensor.i2s, rows, cols, tensor.scale),
                                            threads_);
        } catch (const std::invalid_argument& e) {
            throw FileError(source_.name(), "tensor " + in_quotes(name) + ": " + e.what());
        }
    }

    /// From any other format, by way of the trits of this one matrix.
    ternion::PackedTernary<Packing> pack_rows(const TernaryTensor& tensor) const {
        std::vector<std::int8_t> trits(tensor.rows * tensor.cols);
        in_chunks(threads_, tensor.rows, 64, [&](std::size_t begin, std::size_t end) {
            tensor.read(begin, end - begin, std::span(trits).subspan(begin * tensor.cols, (end - begin) * tensor.cols));
        });
        return ternion::pack<Packing>(trits, tensor.rows, tensor.cols, tensor.scale, threads_);
    }

    const ModelSource& source_;
    Threads& threads_;
    Config config_;
};

}  // namespace

Weights load_weights(const ModelSource& source, Threads& threads, const LoadProgress& progress) {
    const Loader loader(source, threads);
    const Config& config = loader.config();
    Weights weights{.config = config,
                    .embedding = loader.embedding("token_embd.weight"),
                    .separate_head = {},
                    .layers = {},
                    .output_norm = loader.norm("output_norm.weight", config.hidden)};
    if (source.contains("output.weight")) weights.separate_head = loader.embedding("output.weight");
    weights.layers.reserve(config.layers);
    for (std::size_t i = 0; i < config.layers; ++i) {
        if (progress) progress(i, config.layers);
        weights.layers.push_back(loader.layer(i));
    }
    if (progress) progress(config.layers, config.layers);
    return weights;
}

}  // namespace bitnet
