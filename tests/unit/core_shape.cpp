#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <limits>
#include <ternion/core/shape.hpp>

namespace {

using namespace ternion;

constexpr std::size_t largest = std::numeric_limits<std::size_t>::max();

static_assert(Shape{}.size() == 0 && Shape{3, 5}.size() == 15);
static_assert(Shape{3, 5} == Shape{3, 5} && Shape{3, 5} != Shape{5, 3});
static_assert(sizeof(std::size_t) < 8 || Shape{std::size_t{1} << 20, (std::size_t{1} << 20) + 1}.size() ==
                                             (std::uint64_t{1} << 40) + (std::uint64_t{1} << 20));

TEST_CASE("ceil_div and round_up don't wrap", "[shape]") {
    CHECK(ceil_div(0, 7) == 0);
    CHECK(ceil_div(1, 7) == 1);
    CHECK(ceil_div(7, 7) == 1);
    CHECK(ceil_div(8, 7) == 2);
    CHECK(ceil_div(largest, 1) == largest);
    CHECK(ceil_div(largest, 2) == largest / 2 + 1);
    CHECK(ceil_div(largest, largest) == 1);
    CHECK(round_up(0, 64) == 0);
    CHECK(round_up(1, 64) == 64);
    CHECK(round_up(64, 64) == 64);
    CHECK(round_up(65, 64) == 128);
}

TEST_CASE("shapes are written as rows x columns", "[shape]") {
    CHECK(to_string(Shape{2560, 6912}) == "2560 x 6912");
}

TEST_CASE("the sum of the longest row fits in int32", "[shape]") {
    CHECK(std::int64_t{128} * static_cast<std::int64_t>(max_inputs) <= std::int64_t{INT32_MAX});
    CHECK(std::int64_t{128} * static_cast<std::int64_t>(max_inputs + 1) > std::int64_t{INT32_MAX});
}

}  // namespace
