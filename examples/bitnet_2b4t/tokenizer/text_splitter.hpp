#pragma once

#include <functional>
#include <string_view>

namespace bitnet {

/// Cuts text into the pieces within which LLaMA-3's tokenizer merges: words, numbers of up to three digits,
/// punctuation, white space. The pieces together are the text. Runs of bytes that are no UTF-8 are pieces of their
/// own. Safe from many threads.
void split_text(std::string_view text, const std::function<void(std::string_view piece)>& take);

}  // namespace bitnet
