#include "families.hpp"

#include <algorithm>

#include <program/io/file_error.hpp>

namespace bitnet {

using namespace program;
namespace {

// 2B4T's own converter and an older upload; what llama.cpp calls BitNet is the family of 1bitLLM's models.
constexpr std::string_view bitnet_gguf[] = {"bitnet-b1.58", "bitnet-25"};
constexpr std::string_view bitnet_silu_gguf[] = {"bitnet"};
constexpr std::string_view llama_gguf[] = {"llama"};
constexpr std::string_view qwen3_gguf[] = {"qwen3"};

constexpr Family::Renamed bitnet_silu_names[] = {{"self_attn.attn_sub_norm", "self_attn.inner_attn_ln"},
                                                 {"mlp.ffn_sub_norm", "mlp.ffn_layernorm"}};

constexpr Family all[] = {
    {.name = "bitnet",
     .gguf = bitnet_gguf,
     .model_type = "bitnet",
     .class_name = "BitNetForCausalLM",
     .activation = Activation::squared_relu,
     .sub_norms = true,
     .masters = true,
     .theta = 500000},
    {.name = "bitnet-silu",
     .gguf = bitnet_silu_gguf,
     .model_type = "llama",
     .class_name = "BitnetForCausalLM",
     .sub_norms = true,
     .masters = true,
     .renamed = bitnet_silu_names},
    {.name = "llama",
     .gguf = llama_gguf,
     .model_type = "llama",
     .class_name = "LlamaForCausalLM",
     .rotates_pairs = true},
    {.name = "qwen3",
     .gguf = qwen3_gguf,
     .model_type = "qwen3",
     .class_name = "Qwen3ForCausalLM",
     .qk_norms = true,
     .trained_int8 = false},
};

template <class Names>
std::string listed(Names names_of) {
    std::string text;
    for (const Family& family : all)
        for (const std::string_view one : names_of(family))
            text += (text.empty() ? "" : ", ") + in_quotes(one);
    return text;
}

}  // namespace

Config Family::config() const {
    Config config;
    config.activation = activation;
    config.sub_norms = sub_norms;
    config.qk_norms = qk_norms;
    config.rope_theta = theta;
    config.trained_int8 = trained_int8;
    return config;
}

std::string Family::renamed_tensor(std::string_view tensor) const {
    for (const auto& [from, to] : renamed) {
        const std::size_t at = tensor.find(from);
        if (at != tensor.npos) return joined(tensor.substr(0, at), to, tensor.substr(at + from.size()));
    }
    return std::string(tensor);
}

std::span<const Family> families() {
    return all;
}

const Family* find_family(std::string_view name) {
    const auto found = std::find_if(std::begin(all), std::end(all), [&](const Family& f) { return f.name == name; });
    return found == std::end(all) ? nullptr : &*found;
}

const Family& family_of_gguf(std::string_view architecture, const std::string& file) {
    for (const Family& family : all)
        if (std::count(family.gguf.begin(), family.gguf.end(), architecture) != 0) return family;
    throw FileError(file, "one of the architectures " + listed([](const Family& family) { return family.gguf; }),
                    in_quotes(architecture));
}

const Family& family_of_class(std::string_view model_type, std::string_view class_name, const std::string& file) {
    for (const Family& family : all) {
        if (family.class_name == class_name && family.model_type == model_type) return family;
        if (class_name.empty() && family.name == model_type) return family;
    }
    throw FileError(file, "\"architectures\" to be one of " + listed([](const Family& family) {
                              return std::span<const std::string_view>(&family.class_name, 1);
                          }),
                    joined(in_quotes(class_name), " of \"model_type\" ", in_quotes(model_type)));
}

}  // namespace bitnet
