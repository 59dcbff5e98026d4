#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bitnet {

/// GPT-2's way to write any bytes as printable text, in which tokens stand in GGUF files and tokenizer.json: each byte
/// is one character; the printable ones of Latin-1 stand for themselves, the others for U+0100 and following.
std::string to_printable(std::string_view bytes);

/// Nothing where a character stands for no byte.
std::optional<std::string> from_printable(std::string_view text);

}  // namespace bitnet
