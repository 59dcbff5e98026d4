#pragma once

#include <string>

namespace bitnet::cli {

/// The model that `chat` takes without -m: the project's tiny test model with random weights, beside the installed
/// program or in the source folder. Throws std::runtime_error where it is nowhere.
std::string default_model();

}  // namespace bitnet::cli
