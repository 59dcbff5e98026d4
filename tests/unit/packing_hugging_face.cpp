#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "kernels.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;

TEST_CASE("hugging_face by hand: rows r, r + R, r + 2R, r + 3R in a byte, first at the bottom",
          "[packing][hugging_face]") {
    // R = 2.
    const std::vector<std::int8_t> trits{-1, 0, 1,   //
                                         0,  0, 0,   //
                                         1,  0, 0,   //
                                         0,  1, 0,   //
                                         0,  0, -1,  //
                                         0,  0, 0,   //
                                         -1, 0, 1,   //
                                         1,  1, -1};
    const std::vector<std::byte> expected{std::byte{0b00'01'10'00}, std::byte{0b01'01'01'01}, std::byte{0b10'00'01'10},
                                          std::byte{0b10'01'01'01}, std::byte{0b10'01'10'01}, std::byte{0b00'01'01'01}};
    CHECK(test::copy_of(pack<HuggingFace>(trits, 8, 3).bytes()) == expected);
}

TEST_CASE("hugging_face: rows past N have zero bits", "[packing][hugging_face]") {
    const std::vector<std::int8_t> ones(5, 1);
    // R = 2: rows 0, 2, 4 and rows 1, 3.
    CHECK(test::copy_of(pack<HuggingFace>(ones, 5, 1).bytes()) ==
          std::vector{std::byte{0b00'10'10'10}, std::byte{0b00'00'10'10}});
    CHECK(test::copy_of(pack<HuggingFace>(std::vector<std::int8_t>{1}, 1, 1).bytes()) == std::vector{std::byte{2}});
}

TEST_CASE("hugging_face equals its definition for every number of rows", "[packing][hugging_face]") {
    for (std::size_t n = 1; n < 40; ++n) {
        constexpr std::size_t k = 7;
        const auto trits = test::random_trits(n * k, n);
        const std::size_t packed_rows = (n + 3) / 4;
        std::vector<std::byte> expected(packed_rows * k, std::byte{0});
        for (std::size_t i = 0; i < n * k; ++i)
            expected[i / k % packed_rows * k + i % k] |=
                static_cast<std::byte>((trits[i] + 1) << i / k / packed_rows * 2);
        INFO("N = " << n);
        CHECK(test::copy_of(pack<HuggingFace>(trits, n, k).bytes()) == expected);
    }
}

TEST_CASE("hugging_face refuses code 3 and says where", "[packing][hugging_face]") {
    const auto good = test::copy_of(pack<HuggingFace>(std::vector<std::int8_t>(10 * 9, 0), 10, 9).bytes());
    for (std::size_t row = 0; row < 10; ++row) {
        auto bytes = good;
        bytes[row % 3 * 9 + 4] |= static_cast<std::byte>(3 << row / 3 * 2);
        CHECK_THROWS_MATCHES(borrow<HuggingFace>(bytes, 10, 9), std::invalid_argument,
                             Catch::Matchers::MessageMatches(Catch::Matchers::ContainsSubstring(
                                 "hugging_face: row " + std::to_string(row) + ", column 4 ")));
    }
    // What stands where no row is plays no part.
    auto padded = good;
    padded[1 * 9 + 2] |= std::byte{0xc0};
    CHECK_NOTHROW(borrow<HuggingFace>(padded, 10, 9));
}

}  // namespace
