#include "predicted_size.hpp"

#include <numeric>
#include <ternion/core/float16.hpp>

#include "../compute/kernels.hpp"
#include "../files/random_model.hpp"
#include "../model/architecture.hpp"

namespace bitnet {
namespace {

constexpr std::size_t inputs_of_block = 64;  // of Q2_0, which models with scales in groups are made in

std::size_t table_bytes(const Family& family, const Config& config) {
    std::size_t bytes = 0;
    for (const ModelTensor& tensor : model_tensors(config)) {
        if (tensor.kind == TensorKind::embedding)
            bytes += static_cast<std::size_t>(RandomTensors(family, 1).storage(tensor).bytes);
    }
    return bytes;
}

double operations_of(const Work& work) {
    return std::accumulate(work.operations.begin(), work.operations.end(), 0.0);
}

}  // namespace

PredictedSize::PredictedSize(std::string_view name, std::string_view isa, const ternion::PackingKernels* packing) {
    const auto [family, sizes] = find_size(name);
    const bool groups = !sizes.trained_int8;
    config = sizes;
    embedding_bytes = table_bytes(family, config);
    const ternion::Shape gate{config.ffn, config.hidden};
    if (packing == nullptr) packing = &compute_packing(find_kernels(isa), gate, groups, MatrixUse::whole);
    form.packing = &packing->packing;
    form.group_inputs = groups ? inputs_of_block : 0;
    form.scale_bytes = packing->fast_halves ? sizeof(ternion::Float16) : sizeof(float);
    form.embedding_row_bytes = embedding_bytes / (config.vocab * (config.separate_head ? 2 : 1));
}

double PredictedSize::memory(std::size_t tokens, KvType kv) const {
    const KvFormat format(kv, config.head_dim);
    const std::size_t cache =
        ternion::ceil_div(tokens, KvFormat::block) * config.layers * config.kv_heads * format.bytes();
    const TokenWork work = token_work(config, form, format, 1);
    return layer_bytes(work) + (form.screened_head ? work[TokenPart::head].bytes : 0) +
           static_cast<double>(embedding_bytes + cache);
}

double PredictedSize::prompt_operations(std::size_t tokens, KvType kv) const {
    const auto count = static_cast<double>(tokens);
    const TokenWork work = token_work(config, form, KvFormat(kv, config.head_dim), (count + 1) / 2);
    const double head = operations_of(work[TokenPart::head]);
    return count * (operations_of(work.total()) - head) + head;
}

double layer_bytes(const TokenWork& work) {
    return work[TokenPart::qkv].bytes + work[TokenPart::attention_output].bytes + work[TokenPart::gate_up].bytes +
           work[TokenPart::down].bytes;
}

}  // namespace bitnet
