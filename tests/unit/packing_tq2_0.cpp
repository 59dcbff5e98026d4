#include <catch2/catch_test_macros.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "block_format.hpp"
#include "golden_packings.hpp"
#include "kernels.hpp"

namespace {

using namespace ternion;

TEST_CASE("tq2_0 equals the original program's bytes", "[packing][tq2_0]") {
    test::check_golden_blocks<TQ2_0>("tq2_0");
}

TEST_CASE("tq2_0 by hand: weights m, m + 32, m + 64, m + 96 of a half in a byte, first at the bottom",
          "[packing][tq2_0]") {
    std::vector<std::int8_t> trits(256, 0);
    trits[0] = 1;     // byte 0, bits 1-0
    trits[32] = -1;   // byte 0, bits 3-2
    trits[96] = 1;    // byte 0, bits 7-6
    trits[127] = -1;  // byte 31, bits 7-6
    trits[128] = 1;   // byte 32, bits 1-0
    trits[255] = -1;  // byte 63, bits 7-6
    std::vector<std::byte> expected(66, std::byte{0x55});
    expected[0] = std::byte{0b10'01'00'10};
    expected[31] = std::byte{0b00'01'01'01};
    expected[32] = std::byte{0b01'01'01'10};
    expected[63] = std::byte{0b00'01'01'01};
    expected[64] = std::byte{0x00};  // 1.5 = 0x3e00
    expected[65] = std::byte{0x3e};
    CHECK(test::copy_of(pack<TQ2_0>(trits, 1, 256, 1.5f).bytes()) == expected);
}

TEST_CASE("tq2_0 refuses code 3, and any scale that is none", "[packing][tq2_0]") {
    test::check_refused_codes<TQ2_0>(64, 0, [](std::size_t byte) { return (byte & byte >> 1 & 0x55) != 0; });
    test::check_refused_scales<TQ2_0>();
}

}  // namespace
