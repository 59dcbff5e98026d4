#include "hugging_face.hpp"

#include <charconv>
#include <filesystem>
#include <span>

#include <program/io/json_file.hpp>
#include "gguf_writer.hpp"
#include "tensor_format.hpp"
#include "vocabulary_files.hpp"

namespace bitnet {
namespace {

using Names = std::pair<std::string_view, std::string_view>;

constexpr Names outer[] = {
    {"token_embd.weight", "model.embed_tokens.weight"},
    {"output_norm.weight", "model.norm.weight"},
    {"output.weight", "lm_head.weight"},
};

constexpr Names in_layer[] = {
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
};

float read_theta(const Json& json, const std::string& file) {
    // Newer versions of the transformers library nest it.
    const auto nested = json.find("rope_parameters");
    const bool inside = nested != json.end() && nested->is_object();
    return static_cast<float>(json_real(inside ? *nested : json, "rope_theta", file));
}

bool read_scale_divides(const Json& json, const std::string& file) {
    const auto found = json.find("quantization_config");
    if (found == json.end() || !found->is_object() || !found->contains("linear_class")) return true;
    const std::string convention = json_text(*found, "linear_class", file);
    if (convention == "bitlinear") return true;
    if (convention == "autobitlinear") return false;
    throw FileError(file, "\"linear_class\" \"autobitlinear\" or \"bitlinear\"", in_quotes(convention));
}

/// A layer that the sizes don't know would be left out, and the model be another.
void check_layers(const Safetensors& tensors, std::size_t layers, const std::string& file) {
    constexpr std::string_view prefix = "model.layers.";
    for (const auto& [name, tensor] : tensors.tensors()) {
        if (!name.starts_with(prefix)) continue;
        std::size_t layer = 0;
        std::from_chars(name.data() + prefix.size(), name.data() + name.size(), layer);
        if (layer < layers) continue;
        throw FileError(file, joined(layers, " layers, as \"num_hidden_layers\" says"), "tensor " + in_quotes(name));
    }
}

std::string in_tensor(std::string_view name) {
    return " in tensor " + in_quotes(name);
}

}  // namespace

std::optional<std::string> hugging_face_name(std::string_view tensor) {
    std::span<const Names> names = outer;
    std::string prefix;
    if (tensor.starts_with("blk.")) {
        const std::size_t dot = tensor.find('.', 4);
        if (dot == tensor.npos) return std::nullopt;
        prefix = "model.layers." + std::string(tensor.substr(4, dot - 3));
        tensor.remove_prefix(dot + 1);
        names = in_layer;
    }
    for (const auto& [gguf, hugging_face] : names) {
        if (gguf == tensor) return prefix.append(hugging_face);
    }
    return std::nullopt;
}

HuggingFaceConfig read_hugging_face_config(std::string_view text, const std::string& file) {
    const Json json = parse_json_object(text, file);
    const auto size = [&](const char* key) { return static_cast<std::size_t>(json_integer(json, key, file)); };
    if (const std::string type = json_text(json, "model_type", file); type != "bitnet") {
        throw FileError(file, "\"model_type\" \"bitnet\"", in_quotes(type));
    }
    Config sizes;
    sizes.layers = size("num_hidden_layers");
    sizes.hidden = size("hidden_size");
    sizes.ffn = size("intermediate_size");
    sizes.heads = size("num_attention_heads");
    sizes.kv_heads = size("num_key_value_heads");
    sizes.vocab = size("vocab_size");
    sizes.context = size("max_position_embeddings");
    const bool has_head_dim = json.contains("head_dim") && !json["head_dim"].is_null();
    sizes.head_dim = has_head_dim ? size("head_dim") : sizes.heads == 0 ? 0 : sizes.hidden / sizes.heads;
    sizes.norm_eps = static_cast<float>(json_real(json, "rms_norm_eps", file));
    sizes.rope_theta = read_theta(json, file);
    sizes.validate(file);
    HuggingFaceConfig config{sizes, read_scale_divides(json, file), {}};
    for (const auto& [key, value] : json.items())
        config.entries.emplace_back(key, value.dump(-1, ' ', true, Json::error_handler_t::replace));
    return config;
}

HuggingFaceSource::HuggingFaceSource(std::unique_ptr<MappedFile> safetensors, const MappedFile& config,
                                     std::string folder)
    : file_(std::move(safetensors)),
      folder_(std::move(folder)),
      config_(read_hugging_face_config(config.text(), config.name())),
      tensors_(file_->bytes(), file_->name()) {
    check_layers(tensors_, config_.sizes.layers, name());
}

bool HuggingFaceSource::contains(std::string_view tensor) const {
    const auto name = hugging_face_name(tensor);
    return name && tensors_.find(*name);
}

const Safetensors::Tensor& HuggingFaceSource::find(std::string_view tensor) const {
    const auto name = hugging_face_name(tensor);
    const Safetensors::Tensor* found = name ? tensors_.find(*name) : nullptr;
    if (!found) throw FileError(this->name(), "tensor " + in_quotes(name ? *name : tensor), "none of that name");
    if (found->shape.empty() || found->shape.size() > 2) {
        throw FileError(this->name(), "1 or 2 dimensions" + in_tensor(*name), found->shape.size());
    }
    return *found;
}

DenseTensor HuggingFaceSource::dense(std::string_view tensor) const {
    const Safetensors::Tensor& stored = find(tensor);
    const NumberFormat* format = find_number_format(stored.dtype);
    if (!format) throw FileError(name(), "F32, F16 or BF16" + in_tensor(tensor), stored.dtype);
    return {std::string(tensor), format, stored.rows(), stored.cols(), stored.bytes};
}

TernaryTensor HuggingFaceSource::ternary(std::string_view tensor) const {
    const Safetensors::Tensor& stored = find(tensor);
    if (stored.dtype != "U8") return quantize_master(dense(tensor), name());
    return open_hugging_face({name(), std::string(tensor), "U8", 4 * stored.rows(), stored.cols(), stored.bytes},
                             scale_of(tensor));
}

float HuggingFaceSource::scale_of(std::string_view tensor) const {
    const std::string key = hugging_face_name(tensor).value_or("") + "_scale";
    const Safetensors::Tensor* stored = tensors_.find(key);
    if (!stored) throw FileError(name(), "tensor " + in_quotes(key), "none of that name");
    const NumberFormat* format = find_number_format(stored->dtype);
    if (!format || stored->bytes.size() != format->block_bytes) {
        throw FileError(name(), "one F32, F16 or BF16 number" + in_tensor(key),
                        joined(stored->dtype, ", ", stored->bytes.size(), " bytes"));
    }
    float scale = 0;
    format->decode(stored->bytes.data(), 1, &scale);
    check_scale(name(), key, scale);
    if (!config_.scale_divides) return scale;
    check_scale(name(), key, 1 / scale);
    return 1 / scale;
}

std::string HuggingFaceSource::vocabulary_file() const {
    for (const char* name : {"/tokenizer.json", "/tokenizer.model", "/original/tokenizer.model"}) {
        std::error_code ignored;
        if (std::filesystem::exists(folder_ + name, ignored)) return folder_ + name;
    }
    return {};
}

void HuggingFaceSource::add_metadata(GgufWriter& writer) const {
    add_sizes(writer, config_.sizes, "BitNet b1.58");
    if (!vocabulary_file().empty()) add_vocabulary(writer, vocabulary());
}

Vocabulary HuggingFaceSource::vocabulary() const {
    const std::string path = vocabulary_file();
    if (path.empty()) throw FileError(folder_, "tokenizer.json or tokenizer.model", "neither");
    if (!path.ends_with(".json")) return read_tiktoken_file(path);
    const MappedFile file(path, MappedFile::Mode::read);
    return read_tokenizer_json(file.text(), path);
}

}  // namespace bitnet
