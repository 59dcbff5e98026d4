#include "architecture.hpp"

namespace bitnet {

std::string name_of(LayerTensor tensor, std::size_t layer) {
    return "blk." + std::to_string(layer) + "." + std::string(info_of(tensor).gguf) + ".weight";
}

std::vector<ModelTensor> model_tensors(const Config& config) {
    using enum TensorKind;
    std::vector<ModelTensor> tensors = {
        {"token_embd.weight", "model.embed_tokens.weight", config.vocab, config.hidden, embedding}};
    for (std::size_t layer = 0; layer < config.layers; ++layer) {
        for (const LayerTensorInfo& info : layer_tensors) {
            if (info.with != nullptr && !(config.*info.with)) continue;
            const std::string hugging_face =
                "model.layers." + std::to_string(layer) + "." + std::string(info.hugging_face) + ".weight";
            tensors.push_back({name_of(info.tensor, layer), hugging_face, info.rows(config), info.cols(config),
                               info.kind, &info, layer});
        }
    }
    tensors.push_back({"output_norm.weight", "model.norm.weight", 1, config.hidden, norm});
    if (config.rope_divisors) tensors.push_back({"rope_freqs.weight", "", 1, config.head_dim / 2, norm});
    if (config.separate_head)
        tensors.push_back({"output.weight", "lm_head.weight", config.vocab, config.hidden, embedding});
    return tensors;
}

}  // namespace bitnet
