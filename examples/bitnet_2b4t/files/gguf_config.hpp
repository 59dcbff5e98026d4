#pragma once

#include "families.hpp"
#include "gguf.hpp"

namespace bitnet {

/// The sizes and the architecture that a GGUF file's metadata and tensors declare, validated. Throws FileError for a
/// key that is missing, or whose value this program can't honour.
Config read_gguf_config(const Gguf& gguf, const Family& family);

class GgufWriter;

/// The metadata of a model of this name, but for its tokenizer: what the first of the family's architectures is read
/// from.
void write_gguf_config(GgufWriter& writer, const Config& config, const Family& family, std::string_view name);

}  // namespace bitnet
