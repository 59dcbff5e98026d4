#include <catch2/catch_test_macros.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "block_format.hpp"
#include "golden_packings.hpp"
#include "kernels.hpp"

namespace {

using namespace ternion;

TEST_CASE("q2_0 equals the original program's bytes", "[packing][q2_0]") {
    test::check_golden_blocks<Q2_0>("q2_0");
}

TEST_CASE("q2_0 by hand: the scale, then four neighbours in a byte, first at the bottom", "[packing][q2_0]") {
    std::vector<std::int8_t> trits(66, 0);
    trits[0] = 1;
    trits[1] = -1;
    trits[63] = -1;
    trits[65] = 1;  // the second block, padded with zeros
    std::vector<std::byte> expected(36, std::byte{0x55});
    expected[0] = expected[18] = std::byte{0x00};  // -2 = 0xc000
    expected[1] = expected[19] = std::byte{0xc0};
    expected[2] = std::byte{0b01'01'00'10};
    expected[17] = std::byte{0b00'01'01'01};
    expected[20] = std::byte{0b01'01'10'01};
    CHECK(test::copy_of(pack<Q2_0>(trits, 1, 66, -2).bytes()) == expected);
}

TEST_CASE("q2_0 refuses code 3, and any scale that is none", "[packing][q2_0]") {
    test::check_refused_codes<Q2_0>(16, 2, [](std::size_t byte) { return (byte & byte >> 1 & 0x55) != 0; });
    test::check_refused_scales<Q2_0>();
}

}  // namespace
