#include "model_source.hpp"

namespace bitnet {

std::vector<ModelTensor> model_tensors(const Config& config, bool separate_head) {
    using enum ModelTensor::Kind;
    const std::size_t hidden = config.hidden, ffn = config.ffn, q = config.q_size(), kv = config.kv_size();
    std::vector<ModelTensor> tensors = {
        {"token_embd.weight", "model.embed_tokens.weight", config.vocab, hidden, embedding}};
    for (std::size_t layer = 0; layer < config.layers; ++layer) {
        const auto add = [&](const char* gguf, const char* hugging_face, std::size_t rows, std::size_t cols,
                             ModelTensor::Kind kind) {
            tensors.push_back({joined("blk.", layer, ".", gguf, ".weight"),
                               joined("model.layers.", layer, ".", hugging_face, ".weight"), rows, cols, kind});
        };
        add("attn_norm", "input_layernorm", 1, hidden, norm);
        add("attn_q", "self_attn.q_proj", q, hidden, ternary);
        add("attn_k", "self_attn.k_proj", kv, hidden, ternary);
        add("attn_v", "self_attn.v_proj", kv, hidden, ternary);
        add("attn_sub_norm", "self_attn.attn_sub_norm", 1, q, norm);
        add("attn_output", "self_attn.o_proj", hidden, q, ternary);
        add("ffn_norm", "post_attention_layernorm", 1, hidden, norm);
        add("ffn_gate", "mlp.gate_proj", ffn, hidden, ternary);
        add("ffn_up", "mlp.up_proj", ffn, hidden, ternary);
        add("ffn_sub_norm", "mlp.ffn_sub_norm", 1, ffn, norm);
        add("ffn_down", "mlp.down_proj", hidden, ffn, ternary);
    }
    tensors.push_back({"output_norm.weight", "model.norm.weight", 1, hidden, norm});
    if (separate_head) tensors.push_back({"output.weight", "lm_head.weight", config.vocab, hidden, embedding});
    return tensors;
}

Tokenizer load_tokenizer(const ModelSource& source) {
    try {
        return Tokenizer(source.vocabulary());
    } catch (const FileError&) {
        throw;
    } catch (const std::runtime_error& error) {
        throw FileError(source.name(), error.what());
    }
}

}  // namespace bitnet
