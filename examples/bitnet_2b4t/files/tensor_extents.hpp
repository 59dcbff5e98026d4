#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bitnet {

/// Where a tensor lies among the data of its file, in bytes.
struct TensorExtent {
    std::string_view name;
    std::uint64_t begin = 0, size = 0;
};

/// Throws FileError, which names both, where two tensors have bytes in common: numbers of one would be read as those of
/// the other. Gaps are nobody's concern.
void check_extents(std::vector<TensorExtent> extents, const std::string& file);

}  // namespace bitnet
