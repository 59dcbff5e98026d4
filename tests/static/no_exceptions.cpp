// The library compiles without exceptions and RTTI; misuse then prints the message and aborts.
#include <cstdint>
#include <cstdio>
#include <ternion/ternion.hpp>
#include <vector>

int main(int argc, char**) {
    const std::vector<std::int8_t> trits{1, 0, -1};
    const std::vector<std::int8_t> q{5, 4, 3};
    std::vector<std::int32_t> y(argc > 1 ? 2 : 1);
    const auto w = ternion::pack<ternion::Int8>(trits, 1, 3);
    ternion::gemv(w, q, y);
    std::printf("y = %d\n", y[0]);
    return 0;
}
