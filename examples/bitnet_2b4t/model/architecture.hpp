#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config.hpp"

namespace bitnet {

enum class TensorKind { embedding, ternary, norm };

/// The tensors of a layer, in the order in which GGUF files have them.
enum class LayerTensor {
    attn_norm,
    attn_q,
    attn_k,
    attn_v,
    attn_sub_norm,
    attn_output,
    ffn_norm,
    ffn_gate,
    ffn_up,
    ffn_sub_norm,
    ffn_down
};

/// A tensor of a layer: its names in a GGUF file (behind "blk.N.") and a Hugging Face one (behind "model.layers.N."),
/// its shape [rows, cols], and whether every model has it.
struct LayerTensorInfo {
    LayerTensor tensor;
    std::string_view gguf, hugging_face;
    TensorKind kind;
    std::size_t (*rows)(const Config&);
    std::size_t (*cols)(const Config&);
    bool optional = false;  // only with Config::sub_norms
};

namespace architecture {

constexpr std::size_t one(const Config&) {
    return 1;
}
constexpr std::size_t hidden(const Config& c) {
    return c.hidden;
}
constexpr std::size_t ffn(const Config& c) {
    return c.ffn;
}
constexpr std::size_t q(const Config& c) {
    return c.q_size();
}
constexpr std::size_t kv(const Config& c) {
    return c.kv_size();
}

}  // namespace architecture

/// The one table of a layer's tensors: readers, writers, the decoder and the trainer go by it.
inline constexpr std::array layer_tensors = [] {
    using enum LayerTensor;
    using enum TensorKind;
    using namespace architecture;
    return std::array<LayerTensorInfo, 11>{{
        {attn_norm, "attn_norm", "input_layernorm", norm, one, hidden},
        {attn_q, "attn_q", "self_attn.q_proj", ternary, q, hidden},
        {attn_k, "attn_k", "self_attn.k_proj", ternary, kv, hidden},
        {attn_v, "attn_v", "self_attn.v_proj", ternary, kv, hidden},
        {attn_sub_norm, "attn_sub_norm", "self_attn.attn_sub_norm", norm, one, q, true},
        {attn_output, "attn_output", "self_attn.o_proj", ternary, hidden, q},
        {ffn_norm, "ffn_norm", "post_attention_layernorm", norm, one, hidden},
        {ffn_gate, "ffn_gate", "mlp.gate_proj", ternary, ffn, hidden},
        {ffn_up, "ffn_up", "mlp.up_proj", ternary, ffn, hidden},
        {ffn_sub_norm, "ffn_sub_norm", "mlp.ffn_sub_norm", norm, one, ffn, true},
        {ffn_down, "ffn_down", "mlp.down_proj", ternary, hidden, ffn},
    }};
}();

/// Its row of the table.
constexpr const LayerTensorInfo& info_of(LayerTensor tensor) {
    return layer_tensors[static_cast<std::size_t>(tensor)];
}
static_assert([] {
    for (std::size_t i = 0; i < layer_tensors.size(); ++i)
        if (layer_tensors[i].tensor != static_cast<LayerTensor>(i)) return false;
    return true;
}());

/// "blk.0.attn_q.weight": the name by which sources know a layer's tensor.
std::string name_of(LayerTensor tensor, std::size_t layer);

/// A tensor that a model of these sizes has, and what it is. A norm is one row.
struct ModelTensor {
    using Kind = TensorKind;

    std::string name;          // "blk.0.attn_q.weight"
    std::string hugging_face;  // "model.layers.0.self_attn.q_proj.weight"
    std::size_t rows = 0;
    std::size_t cols = 0;
    Kind kind = Kind::norm;
};

/// All of them, in the order in which GGUF files have them. A separate head is "output.weight".
std::vector<ModelTensor> model_tensors(const Config& config, bool separate_head);

}  // namespace bitnet
