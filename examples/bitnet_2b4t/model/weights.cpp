#include "weights.hpp"

#include <span>
#include <string>
#include <utility>

#include "../files/tensor_reader.hpp"
#include "architecture.hpp"

namespace bitnet {
namespace {

/// Loads the layers of a model one by one.
class LayerLoader {
 public:
    LayerLoader(const TensorReader& reader, const Config& config, const Kernels& kernels)
        : reader_(reader),
          config_(config),
          table_(*kernels.ternary),
          packing_(compute_packing(kernels)),
          quantizer_(table_.quantizer("absmax8")) {}

    LayerWeights load(std::size_t index) {
        using enum LayerTensor;
        index_ = index;
        auto memory = ternion::AlignedBuffer<std::byte>::uninitialized(bytes_of_layer());
        rest_ = {memory.data(), memory.size()};
        // Elements of a braced list are made in order, so that matrices lie in memory in the order of their use.
        return {.attn_norm = stage(attn_norm),
                .q = linear(attn_q),
                .k = linear(attn_k),
                .v = linear(attn_v),
                .o = linear(attn_output, attn_sub_norm),
                .ffn_norm = stage(ffn_norm),
                .gate = linear(ffn_gate),
                .up = linear(ffn_up),
                .down = linear(ffn_down, ffn_sub_norm),
                .memory = std::move(memory)};
    }

 private:
    std::size_t bytes_of(const LayerTensorInfo& info) const {
        return packing_.packing.bytes({info.rows(config_), info.cols(config_)});
    }
    std::size_t bytes_of_layer() const {
        std::size_t bytes = 0;
        for (const LayerTensorInfo& info : layer_tensors)
            if (info.kind == TensorKind::ternary) bytes += bytes_of(info);
        return bytes;
    }

    ternion::AnyRmsNorm norm(LayerTensor tensor) const {
        return {table_, reader_.norm(name_of(tensor, index_), info_of(tensor).cols(config_)), config_.norm_eps};
    }
    InputStage stage(LayerTensor tensor) const { return InputStage(norm(tensor), quantizer_); }
    ternion::AnyTernary matrix(LayerTensor tensor) {
        const LayerTensorInfo& info = info_of(tensor);
        const auto into = rest_.first(bytes_of(info));
        rest_ = rest_.subspan(into.size());
        return reader_.matrix(name_of(tensor, index_), info.rows(config_), info.cols(config_), packing_, into);
    }
    Linear linear(LayerTensor tensor) { return Linear(matrix(tensor), {}, quantizer_); }
    SubNormLinear linear(LayerTensor tensor, LayerTensor sub_norm) {
        SubNorm before = config_.sub_norms ? SubNorm(norm(sub_norm)) : SubNorm(info_of(tensor).cols(config_));
        return SubNormLinear(matrix(tensor), std::move(before), quantizer_);
    }

    const TensorReader& reader_;
    const Config& config_;
    const ternion::KernelTable& table_;
    const ternion::PackingKernels& packing_;
    ternion::AnyQuantizer quantizer_;
    std::size_t index_ = 0;
    std::span<std::byte> rest_;  // of the layer's memory
};

}  // namespace

Weights load_weights(const ModelSource& source, const Kernels& kernels, ternion::ThreadPool& threads,
                     const LoadProgress& progress) {
    const TensorReader reader(source, threads);
    const Config config = source.config();
    const auto table = [&](const char* name) {
        return Embedding(reader.dense(name, config.vocab, config.hidden), kernels);
    };
    Weights weights{
        .config = config,
        .kernels = kernels,
        .embedding = table("token_embd.weight"),
        .separate_head = {},
        .screen = {},
        .layers = {},
        .output_norm = {*kernels.ternary, reader.norm("output_norm.weight", config.hidden), config.norm_eps}};
    if (source.contains("output.weight")) weights.separate_head = table("output.weight");
    weights.layers.reserve(config.layers);
    LayerLoader loader(reader, config, kernels);
    for (std::size_t i = 0; i < config.layers; ++i) {
        if (progress) progress(i, config.layers);
        weights.layers.push_back(loader.load(i));
    }
    if (progress) progress(config.layers, config.layers);
    return weights;
}

}  // namespace bitnet
