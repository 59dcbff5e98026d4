#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace bitnet {

/// Numbers of a KV cache. i8, i4 and i3: codes of so many bits by absmax, with a scale for each token, head, and keys
/// and values. A sequence's first token, which all others look at, has 4 bits in i3 too. Source: arXiv 2411.04965.
enum class KvType : std::uint8_t { f32, f16, i8, i4, i3 };
inline constexpr std::array<std::string_view, 5> kv_type_names{"f32", "f16", "i8", "i4", "i3"};

}  // namespace bitnet
