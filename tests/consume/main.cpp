// What a user's first program does: pack, multiply, compare with numbers worked out by hand.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ternion/ternion.hpp>
#include <vector>

int main() {
    // Row n repeats the trits -1, 0, 1 starting at place n, and q counts -18 .. 18. In each group of three columns that
    // starts with k, row 0 gives -q[k] + q[k + 2] = 2, twelve times, and the column left over adds -18.
    constexpr std::size_t rows = 3, cols = 37;
    std::vector<std::int8_t> trits(rows * cols), q(cols);
    for (std::size_t k = 0; k < cols; ++k) {
        q[k] = static_cast<std::int8_t>(static_cast<int>(k) - 18);
        for (std::size_t n = 0; n < rows; ++n)
            trits[n * cols + k] = static_cast<std::int8_t>((n + k) % 3) - 1;
    }
    const std::int32_t expected[rows] = {12 * 2 - 18, -12, 12 * -1 + 18};

    const auto w = ternion::pack<ternion::I2S>(trits, rows, cols);
    std::vector<std::int32_t> y(rows, 12345);
    ternion::gemv(w, q, y);
    for (std::size_t n = 0; n < rows; ++n) {
        std::printf("y[%zu] = %d, expected %d\n", n, y[n], expected[n]);
        if (y[n] != expected[n]) return 1;
    }
    std::printf("ternion %d.%d.%d consumed\n", ternion::version.major, ternion::version.minor, ternion::version.patch);
    return 0;
}
