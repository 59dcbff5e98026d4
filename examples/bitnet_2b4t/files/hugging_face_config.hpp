#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../model/config.hpp"
#include "declarations.hpp"
#include "families.hpp"

namespace bitnet {

/// What a config.json says of a model and of how its weights are stored.
struct HuggingFaceConfig {
    const Family& family;
    Config sizes;
    bool quantized = false;         // whether there is a "quantization_config"
    bool scale_divides = true;      // whether outputs are divided by a weight_scale, rather than multiplied
    std::optional<bool> tied = {};  // whether the head is the embedding
    // How layers are stored that are quantised: as floats, to be quantised by absmean, or as trits with scales.
    bool online = false, offline = false;
    std::vector<Declaration> declarations;
};

/// From the text of a config.json. Every key of it was honoured or is known to change nothing; throws FileError for
/// another, and for a value that this program can't honour. What only tensors tell is still to be filled in.
HuggingFaceConfig read_hugging_face_config(std::string_view text, const std::string& file);

}  // namespace bitnet
