#include "hugging_face_config.hpp"

#include "file_error.hpp"
#include "json_file.hpp"

namespace bitnet {
namespace {

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

}  // namespace

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

}  // namespace bitnet
