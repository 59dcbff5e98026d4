#include <cstdint>
#include <iostream>
#include <vector>

#include <ternion/ternion.hpp>

int main() {
    // W is 3 outputs by 4 inputs, each weight -1, 0 or +1; 0.5 multiplies them all.
    const std::vector<std::int8_t> trits{1, 0, -1, 1, 0, 1, 1, 0, -1, -1, 0, 1};
    const auto w = ternion::pack<ternion::Interleaved2x16>(trits, 3, 4, 0.5f);

    // Exact: int8 activations, int32 sums. The scale plays no part.
    const std::vector<std::int8_t> q{127, -128, 5, 1};
    std::vector<std::int32_t> sums(3);
    ternion::gemv(w, q, sums);
    for (const auto sum : sums)
        std::cout << sum << ' ';  // 123 -123 2

    // Float activations are quantised to 8 bits on the way, as BitNet b1.58 does.
    const std::vector<float> x{0.5f, -1.0f, 0.25f, 2.0f};
    std::vector<float> y(3);
    ternion::gemv(w, x, y);
    for (const auto value : y)
        std::cout << value << ' ';  // about 1.125 -0.375 1.25
    std::cout << '\n';
}
