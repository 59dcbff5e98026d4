#pragma once

#include <bitnet_2b4t/tokenizer/vocabulary.hpp>

namespace train {

/// A token for each byte, and 2B4T's special tokens.
bitnet::Vocabulary byte_vocabulary();
/// Adds the special tokens of 2B4T's chat template, and what a text begins and ends with.
void add_special_tokens(bitnet::Vocabulary& vocabulary);

}  // namespace train
