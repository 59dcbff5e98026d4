// expect: Executor
// The last argument of operations is an executor; a number of threads is none.
#include <ternion/ternion.hpp>
#include <vector>

#ifdef CORRECT
constexpr ternion::Serial executor{};
#else
constexpr int executor = 2;
#endif

int main() {
    const std::vector<std::int8_t> trits{1, 0, -1}, q{1, 2, 3};
    std::vector<std::int32_t> y(1);
    ternion::gemv(ternion::pack<ternion::I2S>(trits, 1, 3), q, y, executor);
}
