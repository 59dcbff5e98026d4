// expect: TernaryMatrix
// The first argument of an operation is a matrix, not its bytes.
#include <ternion/ternion.hpp>
#include <vector>

int main() {
    const std::vector<std::int8_t> trits{1, 0, -1}, q{1, 2, 3};
    std::vector<std::int32_t> y(1);
    const auto w = ternion::pack<ternion::I2S>(trits, 1, 3);
#ifdef CORRECT
    ternion::gemv(w, q, y);
#else
    ternion::gemv(w.bytes(), q, y);
#endif
}
