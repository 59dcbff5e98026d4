// The oracle against a product worked out by hand.

#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <ternion/ternion.hpp>
#include <vector>

TEST_CASE("the oracle multiplies by the definition", "[reference]") {
    const std::vector<std::int8_t> w{1,  0,  -1,  //
                                     -1, -1, 1,   //
                                     0,  0,  0,   //
                                     1,  1,  1};
    const std::vector<std::int8_t> x{5,    7,   11,  //
                                     -128, 127, -128};
    std::vector<std::int32_t> y(8, 99);
    ternion::reference_gemm(w, 4, 3, x, 2, y);
    CHECK(y == std::vector<std::int32_t>{-6, -1, 0, 23, 0, -127, 0, -129});
}
