#pragma once

#include "gguf_writer.hpp"
#include "model_source.hpp"

namespace bitnet {

/// The metadata that GgufSource::config reads.
void add_sizes(GgufWriter& writer, const Config& config, std::string_view name);
/// The metadata from which read_gguf_vocabulary makes the same vocabulary again.
void add_vocabulary(GgufWriter& writer, const Vocabulary& vocabulary);
/// Declares a tensor with its dimensions as GGUF has them: the fastest first, one for a norm.
void declare(GgufWriter& writer, const ModelTensor& tensor, std::uint32_t type, std::uint64_t bytes);

}  // namespace bitnet
