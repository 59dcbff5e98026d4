#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../config.hpp"

namespace bitnet {

struct HuggingFaceConfig {
    Config sizes;
    bool scale_divides = false;  // whether outputs are divided by a weight_scale, rather than multiplied
    std::vector<std::pair<std::string, std::string>> entries;  // of the file, in JSON
};

/// From the text of a config.json. Throws FileError.
HuggingFaceConfig read_hugging_face_config(std::string_view text, const std::string& file);

}  // namespace bitnet
