#pragma once

#include <string>
#include <string_view>

#include "../tokenizer/vocabulary.hpp"

namespace bitnet {

// The files that hold a LLaMA-3 vocabulary beside a model. Each function throws FileError where the file holds
// something else.

Vocabulary read_tokenizer_json(std::string_view text, const std::string& file);
Vocabulary read_tiktoken_file(const std::string& path);

}  // namespace bitnet
