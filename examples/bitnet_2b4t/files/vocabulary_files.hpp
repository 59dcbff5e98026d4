#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <program/io/json_file.hpp>
#include "../tokenizer/vocabulary.hpp"

namespace bitnet {

// The files that hold a vocabulary beside a model. Each function throws FileError where a file holds something else, or
// what this program doesn't do, with key and value.

/// A tokenizer.json, given as text. Where `file` is in a folder, what lies beside it is read too: add_companions.
Vocabulary read_tokenizer_json(std::string_view text, const std::string& file);
/// A tokenizer.model: LLaMA-3's tiktoken text or SentencePiece's BPE, told by its content. Companions as above.
Vocabulary read_tokenizer_model(const std::string& path);

/// A tokenizer.json alone.
Vocabulary parse_tokenizer_json(std::string_view text, const std::string& file);
/// SentencePiece's model file, of its BPE with byte fallback. `looks_like_sentence_pieces` for one of any sort.
bool looks_like_sentence_pieces(std::string_view bytes);
Vocabulary read_sentence_pieces(std::string_view bytes, const std::string& file);

/// What tokenizer_config.json, config.json, generation_config.json, added_tokens.json and chat_template.jinja in
/// `folder` say of a tokenizer: further tokens, BOS, all that ends a text, the chat template. Each may be missing.
void add_companions(Vocabulary& vocabulary, const std::string& folder);

}  // namespace bitnet
