#include <array>
#include <utility>

#include "hugging_face.hpp"

namespace bitnet {
namespace {

using Names = std::pair<std::string_view, std::string_view>;

constexpr std::array<Names, 3> outer = {{
    {"token_embd.weight", "model.embed_tokens.weight"},
    {"output_norm.weight", "model.norm.weight"},
    {"output.weight", "lm_head.weight"},
}};

constexpr std::array<Names, 11> in_layer = {{
    {"attn_norm.weight", "input_layernorm.weight"},
    {"attn_q.weight", "self_attn.q_proj.weight"},
    {"attn_k.weight", "self_attn.k_proj.weight"},
    {"attn_v.weight", "self_attn.v_proj.weight"},
    {"attn_sub_norm.weight", "self_attn.attn_sub_norm.weight"},
    {"attn_output.weight", "self_attn.o_proj.weight"},
    {"ffn_norm.weight", "post_attention_layernorm.weight"},
    {"ffn_gate.weight", "mlp.gate_proj.weight"},
    {"ffn_up.weight", "mlp.up_proj.weight"},
    {"ffn_sub_norm.weight", "mlp.ffn_sub_norm.weight"},
    {"ffn_down.weight", "mlp.down_proj.weight"},
}};

template <class List>
std::optional<std::string_view> look_up(const List& names, std::string_view wanted) {
    for (const auto& [gguf, hugging_face] : names) {
        if (gguf == wanted) return hugging_face;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> hugging_face_name(std::string_view tensor) {
    if (const auto name = look_up(outer, tensor)) return std::string(*name);
    constexpr std::string_view prefix = "blk.";
    if (!tensor.starts_with(prefix)) return std::nullopt;
    tensor.remove_prefix(prefix.size());
    const std::size_t dot = tensor.find('.');
    if (dot == tensor.npos) return std::nullopt;
    const auto name = look_up(in_layer, tensor.substr(dot + 1));
    if (!name) return std::nullopt;
    return "model.layers." + std::string(tensor.substr(0, dot)) + "." + std::string(*name);
}

}  // namespace bitnet
