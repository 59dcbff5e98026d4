#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <ternion/core/unroll.hpp>
#include <vector>

TEST_CASE("unroll calls with the constants 0 to N - 1, in order", "[unroll]") {
    std::vector<std::size_t> seen;
    std::array<int, 3> tile{};
    ternion::unroll<3>([&](auto i) {
        static_assert(decltype(i)::value < 3);
        std::get<decltype(i)::value>(tile) = 1;
        seen.push_back(i);
    });
    CHECK(seen == std::vector<std::size_t>{0, 1, 2});
    CHECK(tile == std::array<int, 3>{1, 1, 1});
}
