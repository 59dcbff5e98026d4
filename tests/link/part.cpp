// Compiled several times, each with its own -march and its own name for PART.
#include "part.hpp"

namespace {

void multiply(const ternion::PackedTernary<ternion::I2S>& w, std::span<const std::int8_t> q,
              std::span<std::int32_t> y) {
    ternion::gemm(w, q, y.size() / w.rows(), y);
}

ternion::PackedTernary<ternion::Interleaved2x16> pack(std::span<const std::int8_t> trits, ternion::Shape shape) {
    return ternion::pack<ternion::Interleaved2x16>(trits, shape.n, shape.k, 0.5f);
}

void multiply_floats(const ternion::PackedTernary<ternion::Interleaved2x16>& w, std::span<const float> x,
                     std::span<float> y) {
    ternion::gemv(w, x, y);
}

}  // namespace

Part PART() {
    return {ternion::backend_of<ternion::default_arch>::name, multiply, pack, multiply_floats};
}
