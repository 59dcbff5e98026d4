#include "model_source.hpp"

namespace bitnet {

void DenseTensor::read(std::size_t row_begin, std::span<float> out) const {
    const std::byte* from = bytes.data() + row_begin * format->bytes(cols);
    format->decode(from, out.size() / format->block_values, out.data());
}

}  // namespace bitnet
