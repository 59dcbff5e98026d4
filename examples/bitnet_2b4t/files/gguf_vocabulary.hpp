#pragma once

#include "../tokenizer/vocabulary.hpp"
#include "gguf.hpp"
#include "gguf_writer.hpp"

namespace bitnet {

/// The tokenizer of a GGUF file. Throws FileError where it holds none, or something else.
Vocabulary read_gguf_vocabulary(const Gguf& gguf);

/// The metadata from which read_gguf_vocabulary makes the same vocabulary again.
void add_vocabulary(GgufWriter& writer, const Vocabulary& vocabulary);

}  // namespace bitnet
