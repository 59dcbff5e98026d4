#pragma once

#include <span>
#include <string_view>

#include "../tokenizer/vocabulary.hpp"
#include "gguf.hpp"
#include "gguf_writer.hpp"

namespace bitnet {

/// The tokenizer of a GGUF file. Throws FileError where it holds none, or one that this program doesn't have, with the
/// key and the value that say so.
Vocabulary read_gguf_vocabulary(const Gguf& gguf);

/// Keys of tokenizers that change no text and no id here, and those that read_gguf_vocabulary reads by their bytes. Any
/// other "tokenizer." key that it leaves unread may mean something.
std::span<const std::string_view> harmless_tokenizer_keys();

/// The metadata from which read_gguf_vocabulary makes the same vocabulary again. Throws std::runtime_error for one that
/// GGUF has no words for.
void add_vocabulary(GgufWriter& writer, const Vocabulary& vocabulary);

}  // namespace bitnet
