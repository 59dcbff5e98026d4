#include <catch2/catch_test_macros.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "block_format.hpp"
#include "golden_packings.hpp"
#include "kernels.hpp"

namespace {

using namespace ternion;

/// Five codes, the first the most significant digit.
std::size_t encoded(std::size_t c0, std::size_t c1, std::size_t c2, std::size_t c3, std::size_t c4) {
    const std::size_t v = 81 * c0 + 27 * c1 + 9 * c2 + 3 * c3 + c4;
    return (256 * v + 242) / 243;
}

TEST_CASE("tq1_0 equals the original program's bytes", "[packing][tq1_0]") {
    test::check_golden_blocks<TQ1_0>("tq1_0");
}

TEST_CASE("tq1_0 by hand: 32 bytes, 16 bytes, and 4 bytes of four trits", "[packing][tq1_0]") {
    std::vector<std::int8_t> trits(256, 0);
    trits[0] = 1;     // byte 0, digit 0
    trits[128] = -1;  // byte 0, digit 4
    trits[63] = -1;   // byte 31, digit 1
    trits[160] = 1;   // byte 32, digit 0
    trits[239] = -1;  // byte 47, digit 4
    trits[240] = -1;  // byte 48, digit 0
    trits[255] = 1;   // byte 51, digit 3
    const auto byte = [](auto... codes) { return static_cast<std::byte>(encoded(codes...)); };
    std::vector<std::byte> expected(54, std::byte{0x80});  // 1 1 1 1 1: v = 121, 127.5 rounded up
    REQUIRE(encoded(1, 1, 1, 1, 1) == 0x80);
    expected[0] = byte(2u, 1u, 1u, 1u, 0u);
    expected[31] = byte(1u, 0u, 1u, 1u, 1u);
    expected[32] = byte(2u, 1u, 1u, 1u, 1u);
    expected[47] = byte(1u, 1u, 1u, 1u, 0u);
    expected[48] = byte(0u, 1u, 1u, 1u, 0u);
    expected[49] = expected[50] = byte(1u, 1u, 1u, 1u, 0u);
    expected[51] = byte(1u, 1u, 1u, 2u, 0u);
    expected[52] = std::byte{0x00};  // 0.25 = 0x3400
    expected[53] = std::byte{0x34};
    CHECK(test::copy_of(pack<TQ1_0>(trits, 1, 256, 0.25f).bytes()) == expected);
}

TEST_CASE("tq1_0 refuses the 13 bytes that encode no trits, and any scale that is none", "[packing][tq1_0]") {
    std::vector<bool> encodes(256, false);
    for (std::size_t v = 0; v < 243; ++v)
        encodes.at(encoded(v / 81, v / 27 % 3, v / 9 % 3, v / 3 % 3, v % 3)) = true;
    const std::size_t refused =
        test::check_refused_codes<TQ1_0>(52, 0, [&](std::size_t byte) { return !encodes[byte]; });
    CHECK(refused == 13 * 52);
    test::check_refused_scales<TQ1_0>();
}

}  // namespace
