#pragma once

#include <string>
#include <string_view>

#include "../tokenizer/vocabulary.hpp"
#include "gguf.hpp"

namespace bitnet {

// The three kinds of file that hold a LLaMA-3 vocabulary. Each function throws FileError where the file holds
// something else.

Vocabulary read_gguf_vocabulary(const Gguf& gguf);
Vocabulary read_tokenizer_json(std::string_view text, const std::string& file);
Vocabulary read_tiktoken_file(const std::string& path);

}  // namespace bitnet
