#include "tensor_extents.hpp"

#include <algorithm>

#include <program/io/file_error.hpp>

namespace bitnet {

using namespace program;

void check_extents(std::vector<TensorExtent> extents, const std::string& file) {
    std::sort(extents.begin(), extents.end(),
              [](const TensorExtent& a, const TensorExtent& b) { return a.begin < b.begin; });
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
