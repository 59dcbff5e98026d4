#include "hugging_face_config.hpp"

#include <cmath>
#include <utility>

#include <program/io/file_error.hpp>
#include "json_keys.hpp"
#include "model_source.hpp"

namespace bitnet {

using namespace program;
namespace {

const Family& read_family(JsonKeys& keys) {
    const std::string type = keys.text("model_type");
    if (!keys.has("architectures")) return family_of_class(type, "", keys.file());
    const auto names = keys.texts("architectures");
    if (names.size() != 1) keys.refuse("architectures", "one name");
    return family_of_class(type, names.front(), keys.file());
}

Activation read_activation(JsonKeys& keys, Activation otherwise) {
    if (!keys.has("hidden_act")) return otherwise;
    const std::string name = keys.text("hidden_act");
    if (name == "relu2") return Activation::squared_relu;
    if (name == "silu" || name == "swish") return Activation::silu;
    keys.refuse("hidden_act", "\"relu2\" or \"silu\"");
}

void read_sizes(JsonKeys& keys, Config& config) {
    for (const SizeName& name : size_names)
        if (!name.optional) config.*name.size = keys.integer(name.hugging_face);
    config.vocab = keys.integer("vocab_size");
    config.kv_heads = keys.integer("num_key_value_heads", config.heads);
    config.head_dim = keys.integer("head_dim", config.heads == 0 ? 0 : config.hidden / config.heads);
}

/// Both spellings, and the object that holds them: `rope_parameters` since transformers 5, which may hold the base.
class RopeReader {
 public:
    RopeReader(JsonKeys& keys, Config& config)
        : keys_(keys), config_(config), object_(keys.has("rope_parameters") ? "rope_parameters." : "rope_scaling.") {}

    void read() {
        if (keys_.has("rope_parameters") && keys_.has("rope_scaling"))
            keys_.refuse("rope_scaling", "nothing beside \"rope_parameters\"");
        read_theta();
        const std::string type = read_type();
        RopeScaling& scaling = config_.rope_scaling;
        // Some files have it beside, too.
        if (const std::string_view original = "original_max_position_embeddings"; keys_.has(original)) {
            if (keys_.real(original) != keys_.real(key(original), keys_.real(original)))
                keys_.refuse(original, "what " + in_quotes(key(original)) + " says");
        }
        if (type == "default") return;
        scaling.factor = positive("factor");
        if (type == "linear") {
            scaling.kind = RopeScaling::Kind::linear;
            keys_.ignore({key("original_max_position_embeddings")});
        } else if (type == "llama3") {
            scaling.kind = RopeScaling::Kind::llama3;
            scaling.low_frequency = positive("low_freq_factor");
            scaling.high_frequency = positive("high_freq_factor");
            scaling.original_context = original(0);
            if (scaling.high_frequency <= scaling.low_frequency)
                keys_.refuse(key("high_freq_factor"), "more than \"low_freq_factor\"");
        } else if (type == "yarn") {
            read_yarn(scaling);
        } else {
            keys_.refuse(type_key_, "default, linear, llama3 or yarn");
        }
    }

 private:
    std::string key(std::string_view name) const { return object_ + std::string(name); }

    /// In the object, or else beside it.
    double original(double otherwise) {
        const std::string_view name = "original_max_position_embeddings";
        return keys_.real(key(name), keys_.real(name, otherwise));
    }

    double positive(std::string_view name) {
        const double value = keys_.real(key(name));
        if (!(value > 0) || !std::isfinite(value)) keys_.refuse(key(name), "a number above 0");
        return value;
    }

    void read_theta() {
        const bool inside = keys_.has(key("rope_theta"));
        const double theta =
            inside ? keys_.real(key("rope_theta")) : keys_.real("rope_theta", double{config_.rope_theta});
        if (inside && keys_.real("rope_theta", theta) != theta)
            keys_.refuse("rope_theta", "what " + in_quotes(key("rope_theta")) + " says");
        config_.rope_theta = static_cast<float>(theta);
    }

    std::string read_type() {
        type_key_ = key(keys_.has(key("rope_type")) ? "rope_type" : "type");
        const std::string type = keys_.text(type_key_, "default");
        if (keys_.text(key("type"), type) != type) keys_.refuse(key("type"), "what \"rope_type\" says");
        if (type == "default" && !keys_.has(type_key_) && keys_.has(key("factor")))
            keys_.refuse(key("factor"), "no factor without a type");
        return type;
    }

    void read_yarn(RopeScaling& scaling) {
        scaling.kind = RopeScaling::Kind::yarn;
        scaling.original_context = original(static_cast<double>(config_.context));
        scaling.beta_fast = keys_.real(key("beta_fast"), scaling.beta_fast);
        scaling.beta_slow = keys_.real(key("beta_slow"), scaling.beta_slow);
        scaling.attention = keys_.real(key("attention_factor"), yarn_attention(scaling.factor));
        if (!keys_.flag(key("truncate"), true)) keys_.refuse(key("truncate"), "true");
    }

    JsonKeys& keys_;
    Config& config_;
    std::string object_, type_key_;
};

/// The part that says how weights are stored.
void read_quantization(JsonKeys& keys, HuggingFaceConfig& config) {
    const auto key = [](std::string_view name) { return joined("quantization_config.", name); };
    config.quantized = keys.has("quantization_config");
    if (!config.quantized) return;
    if (keys.text(key("quant_method")) != "bitnet") keys.refuse(key("quant_method"), "\"bitnet\"");
    const std::string linear_class = keys.text(key("linear_class"), "bitlinear");
    if (linear_class != "bitlinear" && linear_class != "autobitlinear")
        keys.refuse(key("linear_class"), "\"autobitlinear\" or \"bitlinear\"");
    config.scale_divides = linear_class == "bitlinear";
    const std::string mode = keys.text(key("quantization_mode"), "offline");
    if (mode != "offline" && mode != "online") keys.refuse(key("quantization_mode"), "\"offline\" or \"online\"");
    config.online = mode == "online";
    config.offline = !config.online;
    if (keys.flag(key("use_rms_norm"), false)) keys.refuse(key("use_rms_norm"), "false");
    keys.ignore({key("rms_norm_eps")});  // of those norms
    // The head stays as it is stored in any case.
    if (keys.has(key("modules_to_not_convert"))) {
        for (const std::string& name : keys.texts(key("modules_to_not_convert")))
            if (name != "lm_head") keys.refuse(key("modules_to_not_convert"), "none but \"lm_head\"");
    }
}

/// Qwen's lists and windows: attention over everything is the only one here.
void check_attention(JsonKeys& keys) {
    if (!keys.has("layer_types")) return;
    for (const std::string& type : keys.texts("layer_types"))
        if (type != "full_attention") keys.refuse("layer_types", "\"full_attention\" alone");
}

}  // namespace

HuggingFaceConfig read_hugging_face_config(std::string_view text, const std::string& file) {
    // A published file has a key twice; as in the library that reads it there, the last one counts.
    const Json json = parse_json_object(text, file, Repeated::last_counts);
    JsonKeys keys(json, "", file);
    const Family& family = read_family(keys);
    HuggingFaceConfig config{.family = family, .sizes = family.config(), .declarations = {}};
    Config& sizes = config.sizes;
    read_sizes(keys, sizes);
    sizes.norm_eps = static_cast<float>(keys.real("rms_norm_eps"));
    sizes.activation = read_activation(keys, sizes.activation);
    RopeReader(keys, sizes).read();
    read_quantization(keys, config);
    check_attention(keys);
    if (keys.has("tie_word_embeddings")) config.tied = keys.flag("tie_word_embeddings", true);
    sizes.validate(file);
    config.declarations = keys.declarations();
    check_declarations(config.declarations, harmless_config_keys(), "", file);
    return config;
}

}  // namespace bitnet
