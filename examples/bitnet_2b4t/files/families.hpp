#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "../model/config.hpp"

namespace bitnet {

/// A kind of models, as data: what files call it, and in what it differs from others. A new one is a row in
/// families.cpp, as long as its layers are made of what `layer_tensors` has.
struct Family {
    /// A tensor's name in Hugging Face files that differs from the one in `layer_tensors`.
    struct Renamed {
        std::string_view from, to;
    };

    std::string_view name;                     // in this program and its documentation
    std::span<const std::string_view> gguf;    // "general.architecture"; the first one is written
    std::string_view model_type, class_name;   // "model_type" and "architectures" in config.json
    Activation activation = Activation::silu;  // where config.json doesn't say
    bool sub_norms = false;
    bool qk_norms = false;
    bool rotates_pairs = false;  // in GGUF files: RoPE turns neighbours, and rows of q and k are in that order
    bool trained_int8 = true;    // with int8 activations, a scale for each token
    bool masters = false;        // float weights are those of training, to be quantised by absmean
    float theta = 10000;         // RoPE's base where config.json doesn't say
    std::span<const Renamed> renamed = {};

    /// What the family says of a model.
    Config config() const;
    /// The name of a tensor in Hugging Face files: "model.layers.0.self_attn.attn_sub_norm.weight" renamed.
    std::string renamed_tensor(std::string_view tensor) const;
};

std::span<const Family> families();
/// The row of this name; null where there is none.
const Family* find_family(std::string_view name);

/// The row of an architecture in GGUF, or of a class in config.json, where an empty class stands for the first of its
/// type. Throws FileError, which lists those that there are.
const Family& family_of_gguf(std::string_view architecture, const std::string& file);
const Family& family_of_class(std::string_view model_type, std::string_view class_name, const std::string& file);

}  // namespace bitnet
