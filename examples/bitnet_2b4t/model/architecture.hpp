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
    attn_q_norm_in,
    attn_q_norm,
    attn_k,
    attn_k_norm_in,
    attn_k_norm,
    attn_v,
    attn_v_norm_in,
    attn_sub_norm,
    attn_output,
    attn_output_norm_in,
    ffn_norm,
    ffn_gate,
    ffn_gate_norm_in,
    ffn_up,
    ffn_up_norm_in,
    ffn_sub_norm,
    ffn_down,
    ffn_down_norm_in
};

/// A tensor of a layer: its names in a GGUF file (behind "blk.N.") and a Hugging Face one (behind "model.layers.N."),
/// its shape [rows, cols], and what a model has it with: null where every model does.
struct LayerTensorInfo {
    LayerTensor tensor;
    std::string_view gguf, hugging_face;
    TensorKind kind;
    std::size_t (*rows)(const Config&);
    std::size_t (*cols)(const Config&);
    bool Config::* with = nullptr;
};

namespace architecture {

constexpr std::size_t one(const Config&) {
    return 1;
}
constexpr std::size_t hidden(const Config& c) {
    return c.hidden;
}
constexpr std::size_t head(const Config& c) {
    return c.head_dim;
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
    constexpr auto sub = &Config::sub_norms, qk = &Config::qk_norms, own = &Config::projection_norms;
    return std::array<LayerTensorInfo, 20>{{
        {attn_norm, "attn_norm", "input_layernorm", norm, one, hidden},
        {attn_q, "attn_q", "self_attn.q_proj", ternary, q, hidden},
        {attn_q_norm_in, "attn_q_norm_in", "self_attn.q_proj.norm", norm, one, hidden, own},
        {attn_q_norm, "attn_q_norm", "self_attn.q_norm", norm, one, head, qk},
        {attn_k, "attn_k", "self_attn.k_proj", ternary, kv, hidden},
        {attn_k_norm_in, "attn_k_norm_in", "self_attn.k_proj.norm", norm, one, hidden, own},
        {attn_k_norm, "attn_k_norm", "self_attn.k_norm", norm, one, head, qk},
        {attn_v, "attn_v", "self_attn.v_proj", ternary, kv, hidden},
        {attn_v_norm_in, "attn_v_norm_in", "self_attn.v_proj.norm", norm, one, hidden, own},
        {attn_sub_norm, "attn_sub_norm", "self_attn.attn_sub_norm", norm, one, q, sub},
        {attn_output, "attn_output", "self_attn.o_proj", ternary, hidden, q},
        {attn_output_norm_in, "attn_output_norm_in", "self_attn.o_proj.norm", norm, one, q, own},
        {ffn_norm, "ffn_norm", "post_attention_layernorm", norm, one, hidden},
        {ffn_gate, "ffn_gate", "mlp.gate_proj", ternary, ffn, hidden},
        {ffn_gate_norm_in, "ffn_gate_norm_in", "mlp.gate_proj.norm", norm, one, hidden, own},
        {ffn_up, "ffn_up", "mlp.up_proj", ternary, ffn, hidden},
        {ffn_up_norm_in, "ffn_up_norm_in", "mlp.up_proj.norm", norm, one, hidden, own},
        {ffn_sub_norm, "ffn_sub_norm", "mlp.ffn_sub_norm", norm, one, ffn, sub},
        {ffn_down, "ffn_down", "mlp.down_proj", ternary, hidden, ffn},
        {ffn_down_norm_in, "ffn_down_norm_in", "mlp.down_proj.norm", norm, one, ffn, own},
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
    std::string hugging_face;  // "model.layers.0.self_attn.q_proj.weight"; empty where such files have none
    std::size_t rows = 0;
    std::size_t cols = 0;
    Kind kind = Kind::norm;
    const LayerTensorInfo* info = nullptr;  // where it is one of a layer's
    std::size_t layer = 0;
};

/// All of them, in the order in which GGUF files have them.
std::vector<ModelTensor> model_tensors(const Config& config);

}  // namespace bitnet
