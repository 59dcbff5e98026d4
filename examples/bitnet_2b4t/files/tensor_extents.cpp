#include "tensor_extents.hpp"

#include <algorithm>
#include <utility>

#include <program/io/file_error.hpp>

namespace bitnet {

using namespace program;

void check_extents(std::vector<TensorExtent> extents, const std::string& file) {
    // By size too: an empty tensor shares no byte with the one that begins where it does.
    const auto key = [](const TensorExtent& extent) { return std::pair(extent.begin, extent.size); };
    std::sort(extents.begin(), extents.end(),
              [&](const TensorExtent& a, const TensorExtent& b) { return key(a) < key(b); });
    for (std::size_t i = 1; i < extents.size(); ++i) {
        const TensorExtent &before = extents[i - 1], &next = extents[i];
        if (next.begin - before.begin >= before.size) continue;
        throw FileError(file,
                        joined("bytes of tensor ", in_quotes(next.name), " behind those of ", in_quotes(before.name),
                               ", which end at ", before.begin + before.size),
                        next.begin);
    }
}

}  // namespace bitnet
