#include "model_source.hpp"

#include <algorithm>
#include <cmath>

namespace bitnet {

void DenseTensor::read(std::size_t row_begin, std::span<float> out) const {
    const std::byte* from = bytes.data() + row_begin * format->bytes(cols);
    format->decode(from, out.size() / format->block_values, out.data());
}

TernaryTensor quantize_master(const DenseTensor& weights, const std::string& file) {
    std::vector<float> row(weights.cols);
    double sum = 0;
    for (std::size_t n = 0; n < weights.rows; ++n) {
        weights.read(n, row);
        for (const float w : row)
            sum += std::abs(static_cast<double>(w));
    }
    const double mean = sum / static_cast<double>(weights.rows) / static_cast<double>(weights.cols);
    if (!std::isfinite(mean)) {
        throw FileError(file, "finite weights in tensor " + in_quotes(weights.name), "NaN or infinity");
    }
    const float gamma = std::max(static_cast<float>(mean), 1e-5F);
    const auto read = [weights, gamma](std::size_t row_begin, std::size_t row_count, std::span<std::int8_t> out) {
        std::vector<float> values(weights.cols);
        for (std::size_t n = 0; n < row_count; ++n) {
            weights.read(row_begin + n, values);
            for (std::size_t k = 0; k < weights.cols; ++k) {
                const float rounded = std::nearbyint(values[k] / gamma);
                out[n * weights.cols + k] = static_cast<std::int8_t>(std::clamp(rounded, -1.0F, 1.0F));
            }
        }
    };
    return {weights.name, std::string(weights.format->name), weights.rows, weights.cols, gamma, {}, read};
}

std::vector<ModelTensor> model_tensors(const Config& config, bool separate_head) {
    using enum ModelTensor::Kind;
    const std::size_t hidden = config.hidden, ffn = config.ffn, q = config.q_size(), kv = config.kv_size();
    std::vector<ModelTensor> tensors = {{"token_embd.weight", config.vocab, hidden, embedding}};
    for (std::size_t layer = 0; layer < config.layers; ++layer) {
        const std::string prefix = "blk." + std::to_string(layer) + ".";
        const auto add = [&](const char* name, std::size_t rows, std::size_t cols, ModelTensor::Kind kind) {
            tensors.push_back({prefix + name + ".weight", rows, cols, kind});
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
