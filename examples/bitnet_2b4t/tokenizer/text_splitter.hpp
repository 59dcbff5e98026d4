#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace bitnet {

/// Which pieces a tokenizer cuts text into, and merges within: words, numbers, punctuation, white space.
enum class SplitPattern : std::uint8_t {
    llama3,  // numbers of up to three digits; also Falcon3's and Falcon-E's
    qwen2,   // digits alone
    gpt2,    // numbers of any length; white space in front of a word is part of it
    none,    // the whole text is one piece
};

/// Cuts text into pieces, which together are the text. Runs of bytes that are no UTF-8 are pieces of their own. Safe
/// from many threads.
void split_text(std::string_view text, SplitPattern pattern, const std::function<void(std::string_view piece)>& take);

}  // namespace bitnet
