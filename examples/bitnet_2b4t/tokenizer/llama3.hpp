#pragma once

#include <string>
#include <string_view>

#include "vocabulary.hpp"

namespace bitnet {

/// A LLaMA-3 vocabulary from the text of a tiktoken file (a line for each token: its bytes in base64, then its rank,
/// which is its id), followed by LLaMA-3's 256 special tokens. Throws std::runtime_error, with the line's number, where
/// the text is something else.
Vocabulary read_tiktoken(std::string_view text);

/// Appends LLaMA-3's 256 special tokens, of which BOS is the first, and sets the special ids.
void add_llama3_specials(Vocabulary& vocabulary);

/// Every way to build a text token from two others, ranked by the token that comes out: what tiktoken does, written as
/// merges. Of several ways to the same token, all of the same rank, the leftmost in a text goes first.
std::vector<Merge> merges_by_rank(const Vocabulary& vocabulary);

}  // namespace bitnet
