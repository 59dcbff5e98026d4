#include "weights_in_use.hpp"

#include <atomic>
#include <span>

#include "../compute/kernels.hpp"
#include "model_state.hpp"

namespace bitnet {
namespace {

/// One contiguous share for each thread.
std::size_t read(std::span<const std::byte> memory, const Kernels& kernels, ternion::ThreadPool& threads) {
    std::atomic<std::uint32_t> sum = 0;
    const std::size_t shares = threads.concurrency();
    threads.parallel_for(shares, [&](std::size_t index, std::size_t) {
        const std::size_t begin = memory.size() / 64 * index / shares * 64;
        const std::size_t end = index + 1 == shares ? memory.size() : memory.size() / 64 * (index + 1) / shares * 64;
        sum += kernels.read_memory(memory.data() + begin, end - begin);
    });
    return memory.size();
}

}  // namespace

ModelForm form_of(const Model& model) {
    const Weights& weights = model.state()->weights;
    const ternion::TernaryBytes& first = weights.layers.front().q.weights();
    const DenseTensor& table = weights.embedding.table();
    return {.weights = ModelForm::Weights::ternary,
            .packing = first.packing,
            .group_inputs = first.scales == nullptr ? 0 : first.group_inputs,
            .scale_bytes = first.scales.value_bytes(),
            .screened_head = weights.screen.has_value(),
            .embedding_row_bytes = table.format->bytes(table.cols)};
}

TokenWork token_work(const Model& model, double keys) {
    const Config& config = model.state()->weights.config;
    return token_work(config, form_of(model), KvFormat(model.options().kv_type, config.head_dim), keys);
}

std::string_view packing_of(const Model& model) {
    return form_of(model).packing->name;
}

std::size_t read_weights(const Model& model, ternion::ThreadPool& threads) {
    const Weights& weights = model.state()->weights;
    std::size_t bytes = 0;
    for (const LayerWeights& layer : weights.layers)
        bytes += read({layer.memory.data(), layer.memory.size()}, weights.kernels, threads);
    const std::span<const std::byte> head = weights.screen ? weights.screen->memory() : weights.head().table().bytes;
    return bytes + read(head, weights.kernels, threads);
}

}  // namespace bitnet
