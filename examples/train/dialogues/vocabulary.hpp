#pragma once

#include <bitnet_2b4t/tokenizer/vocabulary.hpp>

namespace train {

/// The tokens of the dialogues: all bytes, the words that questions and answers are made of, and the template's special
/// tokens. A word is a token where it stands whole, with the space before it; there are no merges. What is spelled
/// stands in quotes, and so comes letter by letter.
bitnet::Vocabulary dialogue_vocabulary();

}  // namespace train
