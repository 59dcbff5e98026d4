#pragma once

#include <cstdint>
#include <string>

#include "gguf.hpp"

namespace bitnet {

/// A tensor type of ggml as messages name it: "Q4_K (12)".
std::string describe_type(std::uint32_t type);

/// Whether tensors of type 42 are PQ2_0's blocks of 128 weights instead of Q2_0's 64, as files of older PrismML
/// programs have them: the places of the tensors tell. Throws FileError where both or neither fit.
bool has_legacy_q2_0(const Gguf& gguf);

}  // namespace bitnet
