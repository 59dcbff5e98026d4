#pragma once

#include <string>

#include "../model/config.hpp"

namespace bitnet {

/// The file in which sentence-transformers says how a sequence becomes a vector, in a model's folder.
inline constexpr const char* pooling_file = "1_Pooling/config.json";

/// What that file in `folder` says, or `otherwise` where there is none. Throws FileError for another pooling than the
/// last token's.
Pooling read_pooling(const std::string& folder, Pooling otherwise);

}  // namespace bitnet
