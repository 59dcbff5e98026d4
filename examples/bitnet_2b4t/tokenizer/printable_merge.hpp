#pragma once

#include <cstddef>
#include <string_view>

#include "token_index.hpp"
#include "vocabulary.hpp"

namespace bitnet {

/// Adds a merge of two tokens that are written in printable bytes. One of tokens, or to a token, that the vocabulary
/// hasn't can never apply and is left out.
void add_printable_merge(Vocabulary& vocabulary, const TokenIndex& index, std::string_view left, std::string_view right,
                         std::size_t rank);

}  // namespace bitnet
