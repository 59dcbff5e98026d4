#include <bit>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <ternion/core/float16.hpp>

#include "float_samples.hpp"
#include "half_oracle.hpp"

namespace {

using namespace test;
using ternion::BFloat16;
using ternion::Float16;

static_assert(Float16(1.0f).bits == 0x3c00 && Float16(-2.0f).bits == 0xc000 && Float16().bits == 0);
static_assert(static_cast<float>(Float16::from_bits(0x3555)) == 0x1.554p-2f);
static_assert(BFloat16(1.0f).bits == 0x3f80 && static_cast<float>(BFloat16::from_bits(0xc040)) == -3.0f);

TEST_CASE("every half widens exactly and narrows back", "[float16]") {
    std::size_t right = 0;
    for (std::uint32_t i = 0; i < 65536; ++i) {
        const auto bits = static_cast<std::uint16_t>(i);
        const auto value = static_cast<float>(Float16::from_bits(bits));
        bool good = Float16(value).bits == (half_is_nan(bits) ? bits | 0x200 : bits);
        if (half_is_nan(bits)) {
            good = good && std::isnan(value) && std::signbit(value) == (bits >= 0x8000);
        } else {
            good = good && static_cast<double>(value) == half_value(bits) && std::signbit(value) == (bits >= 0x8000);
        }
        if (!good) FAIL_CHECK("half " << i << " widens to " << value);
        right += good;
    }
    CHECK(right == 65536);
}

TEST_CASE("every bfloat16 is the upper half of a float and narrows back", "[float16]") {
    for (std::uint32_t i = 0; i < 65536; ++i) {
        const auto bits = static_cast<std::uint16_t>(i);
        const auto value = static_cast<float>(BFloat16::from_bits(bits));
        if (std::bit_cast<std::uint32_t>(value) != i << 16) FAIL_CHECK("bfloat16 " << i << " widens to " << value);
        const std::uint32_t back = std::isnan(value) ? i | 0x40 : i;
        if (BFloat16(value).bits != back) FAIL_CHECK("bfloat16 " << i << " comes back as " << BFloat16(value).bits);
    }
}

TEST_CASE("floats narrow to the nearest, ties to even", "[float16]") {
    const auto samples = float_samples();
    REQUIRE(samples.size() > 100000);
    for (const float x : samples) {
        if (Float16(x).bits != nearest_half(x)) FAIL_CHECK(x << " as half: " << Float16(x).bits);
        if (BFloat16(x).bits != nearest_bfloat16(x)) FAIL_CHECK(x << " as bfloat16: " << BFloat16(x).bits);
    }
}

TEST_CASE("halves at their limits", "[float16]") {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    CHECK(Float16(65504.0f).bits == 0x7bff);
    CHECK(Float16(65519.996f).bits == 0x7bff);
    CHECK(Float16(65520.0f).bits == 0x7c00);
    CHECK(Float16(infinity).bits == 0x7c00);
    CHECK(Float16(-infinity).bits == 0xfc00);
    CHECK(Float16(0x1p-24f).bits == 1);
    CHECK(Float16(0x1p-25f).bits == 0);
    CHECK(Float16(0x1.000002p-25f).bits == 1);
    CHECK(Float16(0x1.8p-24f).bits == 2);
    CHECK(Float16(-0.0f).bits == 0x8000);
    CHECK(Float16(0x1.ff8p-15f).bits == 0x03ff);  // the largest subnormal
    CHECK(Float16(0x1.ffcp-15f).bits == 0x0400);  // a tie, to the smallest normal number
    CHECK(std::isnan(static_cast<float>(Float16(std::numeric_limits<float>::signaling_NaN()))));
}

TEST_CASE("bfloat16 at its limits", "[float16]") {
    CHECK(BFloat16(std::numeric_limits<float>::max()).bits == 0x7f80);
    CHECK(BFloat16(0x1.fep127f).bits == 0x7f7f);
    CHECK(BFloat16(0x1.01p0f).bits == 0x3f80);
    CHECK(BFloat16(0x1.03p0f).bits == 0x3f82);
    CHECK(BFloat16(0x1.010002p0f).bits == 0x3f81);
    CHECK(BFloat16(0x1p-133f).bits == 1);
    CHECK(std::isnan(static_cast<float>(BFloat16(std::bit_cast<float>(0x7f800001u)))));
}

}  // namespace
