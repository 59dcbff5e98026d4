#pragma once

#include "../tokenizer/vocabulary.hpp"
#include "gguf_writer.hpp"

namespace bitnet {

/// The metadata from which read_gguf_vocabulary makes the same vocabulary again.
void add_vocabulary(GgufWriter& writer, const Vocabulary& vocabulary);

}  // namespace bitnet
