#include "weights.hpp"

#include <initializer_list>
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
    LayerLoader(const TensorReader& reader, const Config& config, const ModelShares& shares, const Kernels& kernels,
                const WeightOptions& options)
        : reader_(reader),
          config_(config),
          shares_(shares),
          kernels_(kernels),
          table_(*kernels.ternary),
          activations_(options.activations),
          packing_(options.packing),
          grouped_(computes_in_groups()),
          skip_zeros_(options.skip_zeros && packing_ == nullptr && config.activation == Activation::squared_relu &&
                      !config.projection_norms && activations_ != ActivationType::floats) {
        const auto whole = [&](LayerTensor tensor) {
            const LayerTensorInfo& info = info_of(tensor);
            return &packing_of(info) == &compute_packing(kernels_, shape_of(info), grouped_, MatrixUse::whole);
        };
        skip_zeros_ = skip_zeros_ && !whole(LayerTensor::ffn_up) && !whole(LayerTensor::ffn_down);
    }

    bool skips_zeros() const { return skip_zeros_; }

    /// The memory of all layers, before any is read: between them, what reading takes for a while would leave gaps in
    /// the heap, which count as memory in use.
    std::vector<ternion::AlignedBuffer<std::byte>> memory_of_layers() const {
        std::vector<ternion::AlignedBuffer<std::byte>> layers;
        for (std::size_t i = 0; i < config_.layers; ++i)
            layers.push_back(ternion::AlignedBuffer<std::byte>::uninitialized(bytes_of_layer()));
        return layers;
    }

    LayerWeights load(std::size_t index, ternion::AlignedBuffer<std::byte> memory) {
        using enum LayerTensor;
        using enum LayerInput;
        index_ = index;
        rest_ = {memory.data(), memory.size()};
        // In the order of their use, as they then lie in memory.
        auto q = linear(attn_q, attention, attn_q_norm_in), k = linear(attn_k, attention, attn_k_norm_in),
             v = linear(attn_v, attention, attn_v_norm_in);
        auto o = linear(attn_output, attention_output, attn_sub_norm, attn_output_norm_in);
        auto gate = linear(ffn_gate, feed_forward, ffn_gate_norm_in), up = linear(ffn_up, feed_forward, ffn_up_norm_in);
        auto down = linear(ffn_down, feed_forward_down, ffn_sub_norm, ffn_down_norm_in);
        return {.attn_norm = stage(attn_norm, attention, {&q, &k, &v}),
                .q = std::move(q),
                .k = std::move(k),
                .v = std::move(v),
                .q_norm = optional_norm(attn_q_norm),
                .k_norm = optional_norm(attn_k_norm),
                .o = std::move(o),
                .ffn_norm = stage(ffn_norm, feed_forward, {&gate, &up}),
                .gate = std::move(gate),
                .up = std::move(up),
                .down = std::move(down),
                .memory = std::move(memory)};
    }

 private:
    /// Of what this rank has of it.
    ternion::Shape shape_of(const LayerTensorInfo& info) const {
        const ternion::RowRange rows = rows_of(info.tensor);
        return {rows.end - rows.begin, info.cols(config_)};
    }
    const ternion::PackingKernels& packing_of(const LayerTensorInfo& info) const {
        if (packing_ != nullptr) return *packing_;
        using enum MatrixUse;
        MatrixUse use = whole;
        if (skip_zeros_ && info.tensor == LayerTensor::ffn_up) use = rows;
        if (skip_zeros_ && info.tensor == LayerTensor::ffn_down) use = inputs;
        return compute_packing(kernels_, shape_of(info), grouped_, use);
    }
    std::size_t bytes_of(const LayerTensorInfo& info) const { return packing_of(info).packing.bytes(shape_of(info)); }
    /// The outputs that this rank has.
    ternion::RowRange rows_of(LayerTensor tensor) const {
        using enum LayerTensor;
        const auto of = [&](const ternion::Shares& shares) {
            return ternion::RowRange{shares.begin(shares_.rank), shares.end(shares_.rank)};
        };
        if (tensor == attn_q || tensor == attn_k || tensor == attn_v)
            return of(shares_.of_heads(info_of(tensor).rows(config_)));
        return of(tensor == ffn_gate || tensor == ffn_up ? shares_.ffn : shares_.hidden);
    }
    std::size_t bytes_of_layer() const {
        std::size_t bytes = 0;
        for (const LayerTensorInfo& info : layer_tensors)
            if (info.kind == TensorKind::ternary) bytes += bytes_of(info);
        return bytes;
    }

    InputNorm norm(LayerTensor tensor) const {
        ternion::AnyRmsNorm rms(table_, reader_.norm(name_of(tensor, index_), info_of(tensor).cols(config_)),
                                config_.norm_eps);
        return InputNorm(std::move(rms), config_.bit_linear == BitLinearKind::v1);
    }
    bool has(LayerTensor tensor) const { return config_.*info_of(tensor).with; }
    OptionalNorm optional_norm(LayerTensor tensor) const {
        return has(tensor) ? OptionalNorm(norm(tensor)) : OptionalNorm(info_of(tensor).cols(config_));
    }
    /// For layers with the same input.
    InputStage stage(LayerTensor tensor, LayerInput input, std::initializer_list<const Linear*> layers) const {
        bool groups = false, sums = false;
        for (const Linear* layer : layers) {
            groups = groups || wants_groups(layer->weights());
            sums = sums || layer->weights().needs_group_sums();
        }
        return InputStage(norm(tensor), quantizer(input, groups), sums);
    }
    /// Whether one int8 scale for a token would be too coarse: where weights have scales in groups, and in models that
    /// weren't trained with such activations, unless a matrix with one scale says that they were. A group that is a
    /// whole row is none, however the packing says so.
    bool wants_groups(const ternion::TernaryBytes& weights) const {
        const bool groups = !weights.has_one_scale() && weights.groups() > 1;
        return groups || (!config_.trained_int8 && !weights.has_one_scale());
    }
    /// Of all layers, by the first matrix: the results don't depend on the packing.
    bool computes_in_groups() const {
        if (activations_ != ActivationType::automatic)
            return activations_ == ActivationType::int8_64 || activations_ == ActivationType::int8_128;
        const LayerTensorInfo& info = info_of(LayerTensor::attn_q);
        return wants_groups(
            reader_.ternary(name_of(LayerTensor::attn_q, 0), info.rows(config_), info.cols(config_)).matrix);
    }
    /// As the model's kind has it, unless the caller wants another rounding: then what the weights were trained behind,
    /// a rotation, stays.
    InputQuantizer quantizer(LayerInput input, bool groups) const {
        const InputQuantizer own = family_quantizer(config_.bit_linear, input, table_);
        if (activations_ == ActivationType::automatic && !groups) return own;
        const bool rotated = own.change() == TokenChange::rotated;
        return InputQuantizer(rounding(groups), rotated ? TokenChange::rotated : TokenChange::none);
    }
    ternion::AnyQuantizer rounding(bool groups) const {
        const auto int8 = [&](std::size_t inputs) {
            return ternion::AnyQuantizer(table_.quantizer("absmax8"), inputs);
        };
        switch (activations_) {
            case ActivationType::automatic:
                return int8(groups ? 64 : 0);
            case ActivationType::int8:
                return int8(0);
            case ActivationType::int8_64:
                return int8(64);
            case ActivationType::int8_128:
                return int8(128);
            case ActivationType::floats:
                break;
        }
        return ternion::AnyQuantizer::unquantized();
    }
    ternion::AnyTernary matrix(LayerTensor tensor) {
        const LayerTensorInfo& info = info_of(tensor);
        const auto into = rest_.first(bytes_of(info));
        rest_ = rest_.subspan(into.size());
        return reader_.matrix(name_of(tensor, index_), {info.rows(config_), info.cols(config_)}, rows_of(tensor),
                              packing_of(info), into);
    }
    Linear linear(LayerTensor tensor, LayerInput input, LayerTensor before) {
        ternion::AnyTernary weights = matrix(tensor);
        const bool groups = wants_groups(weights);
        return Linear(std::move(weights), optional_norm(before), quantizer(input, groups));
    }
    /// Behind the first norm where the model has it, else behind the second.
    Linear linear(LayerTensor tensor, LayerInput input, LayerTensor sub_norm, LayerTensor before) {
        return linear(tensor, input, has(sub_norm) ? sub_norm : before);
    }

    const TensorReader& reader_;
    const Config& config_;
    const ModelShares& shares_;
    const Kernels& kernels_;
    const ternion::KernelTable& table_;
    ActivationType activations_;
    const ternion::PackingKernels* packing_;
    bool grouped_, skip_zeros_;
    std::size_t index_ = 0;
    std::span<std::byte> rest_;  // of the layer's memory
};

}  // namespace

Weights load_weights(const ModelSource& source, const Kernels& kernels, ternion::ThreadPool& threads,
                     const LoadProgress& progress, const WeightOptions& options) {
    const TensorReader reader(source, threads);
    const Config config = source.config();
    const ModelShares shares(config, options.ranks);
    const DenseTensor embedding = reader.dense("token_embd.weight", config.vocab, config.hidden);
    Weights weights{
        .config = config,
        .kernels = kernels,
        .shares = shares,
        .embedding = Embedding(embedding, kernels),
        .own_head = {},
        .screen = {},
        .layers = {},
        .output_norm = {*kernels.ternary, reader.norm("output_norm.weight", config.hidden), config.norm_eps},
        .rope_divisors = {},
        .skips_zeros = false};
    if (config.rope_divisors) weights.rope_divisors = reader.rope_divisors(config.head_dim / 2);
    if (config.separate_head || shares.ranks != nullptr) {
        const DenseTensor head =
            config.separate_head ? reader.dense("output.weight", config.vocab, config.hidden) : embedding;
        weights.own_head.emplace(head.some_rows(shares.tokens.begin(shares.rank), shares.tokens.end(shares.rank)),
                                 kernels);
    }
    weights.layers.reserve(config.layers);
    LayerLoader loader(reader, config, shares, kernels, options);
    weights.skips_zeros = loader.skips_zeros();
    auto memory = loader.memory_of_layers();
    for (std::size_t i = 0; i < config.layers; ++i) {
        if (progress) progress(i, config.layers);
        weights.layers.push_back(loader.load(i, std::move(memory[i])));
    }
    if (progress) progress(config.layers, config.layers);
    return weights;
}

}  // namespace bitnet
