#pragma once

#include <string_view>

#include "vocabulary.hpp"

namespace bitnet {

/// What GGUF's "tokenizer.ggml.pre" stands for in byte-level BPE.
struct PreTokenizer {
    std::string_view name;
    SplitPattern split;
    bool whole_pieces, composed;
    bool add_bos;  // where the file doesn't say
};

/// The first of equals is the name that is written.
inline constexpr PreTokenizer pre_tokenizers[] = {
    {"llama-bpe", SplitPattern::llama3, true, false, true}, {"llama3", SplitPattern::llama3, true, false, true},
    {"llama-v3", SplitPattern::llama3, true, false, true},  {"falcon3", SplitPattern::llama3, true, false, true},
    {"falcon_e", SplitPattern::llama3, true, false, true},  {"smaug-bpe", SplitPattern::llama3, false, false, false},
    {"qwen2", SplitPattern::qwen2, false, true, false},     {"gpt-2", SplitPattern::gpt2, false, false, false},
    {"olmo", SplitPattern::gpt2, false, false, false},
};

}  // namespace bitnet
