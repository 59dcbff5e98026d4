#include "model_source.hpp"

namespace bitnet {

std::vector<ModelTensor> model_tensors(const Config& config, bool separate_head) {
    using enum ModelTensor::Kind;
    const std::size_t hidden = config.hidden, ffn = config.ffn, q = config.q_size(), kv = config.kv_size();
    std::vector<ModelTensor> tensors = {{"token_embd.weight", config.vocab, hidden, embedding}};
    for (std::size_t layer = 0; layer < config.layers; ++layer) {
        const auto add = [&](const char* name, std::size_t rows, std::size_t cols, ModelTensor::Kind kind) {
            tensors.push_back({joined("blk.", layer, ".", name, ".weight"), rows, cols, kind});
        };
        add("attn_norm", 1, hidden, norm);
        add("attn_q", q, hidden, ternary);
        add("attn_k", kv, hidden, ternary);
        add("attn_v", kv, hidden, ternary);
        add("attn_sub_norm", 1, q, norm);
        add("attn_output", hidden, q, ternary);
        add("ffn_norm", 1, hidden, norm);
        add("ffn_gate", ffn, hidden, ternary);
        add("ffn_up", ffn, hidden, ternary);
        add("ffn_sub_norm", 1, ffn, norm);
        add("ffn_down", hidden, ffn, ternary);
    }
    tensors.push_back({"output_norm.weight", 1, hidden, norm});
    if (separate_head) tensors.push_back({"output.weight", config.vocab, hidden, embedding});
    return tensors;
}

}  // namespace bitnet
