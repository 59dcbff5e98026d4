#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "vocabulary.hpp"

namespace bitnet {

/// GPT-2's way to write any bytes as printable text, in which tokens stand in GGUF files and tokenizer.json: each byte
/// is one character; the printable ones of Latin-1 stand for themselves, the others for U+0100 and following.
std::string to_printable(std::string_view bytes);

/// Nothing where a character stands for no byte.
std::optional<std::string> from_printable(std::string_view text);

/// Adds the merge of the two tokens in `text`, which are written in printable bytes and so without a space, but for the
/// one between them. False where there is none. A merge of tokens, or to a token, that the vocabulary hasn't can never
/// apply and is left out.
bool add_printable_merge(Vocabulary& vocabulary, const TokenIndex& index, std::string_view text, std::size_t rank);
/// The same for tokens that are written as SentencePiece does: with U+2581 for spaces.
bool add_marked_merge(Vocabulary& vocabulary, const TokenIndex& index, std::string_view text, std::size_t rank);

}  // namespace bitnet
