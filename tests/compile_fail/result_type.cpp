// expect: ResultType
// Results are float, Float16, BFloat16 or int32; int8 could not hold them.
#include <ternion/ternion.hpp>
#include <vector>

#ifdef CORRECT
using Result = float;
#else
using Result = std::int8_t;
#endif

int main() {
    const std::vector<std::int8_t> trits{1, 0, -1};
    const auto w = ternion::pack<ternion::I2S>(trits, 1, 3);
    ternion::QuantizedActivations x;
    Result y[1];
    ternion::gemm(w, x, std::span<Result>(y));
}
