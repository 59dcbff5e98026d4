#pragma once

#include <bitnet/tokenizer.hpp>
#include <string>
#include <vector>

#include "corpus.hpp"

namespace train {

/// Texts to learn token by token, in pieces of up to `length` tokens: a file is one document or, where its name ends in
/// .jsonl, each of its lines {"text": ...} is. A document stands between BOS and EOS, where the tokenizer has them.
/// Throws program::FileError.
std::vector<Sequence> read_texts(const std::vector<std::string>& paths, const bitnet::Tokenizer& tokenizer,
                                 std::size_t length);

}  // namespace train
