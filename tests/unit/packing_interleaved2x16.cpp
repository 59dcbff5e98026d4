#include <catch2/catch_test_macros.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "kernels.hpp"
#include "product.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;

/// The layout as its header draws it, written down a second time: 16 rows a panel, 16 inputs a chunk of 64 bytes, byte
/// 4r + j has input 4q + j of row r at bits 2q. What lies outside the matrix is a zero trit.
std::vector<std::byte> by_definition(const std::vector<std::int8_t>& trits, Shape shape) {
    const std::size_t panels = (shape.n + 15) / 16;
    const std::size_t chunks = (shape.k + 15) / 16;
    std::vector<std::byte> bytes(panels * chunks * 64, std::byte{0});
    for (std::size_t row = 0; row < panels * 16; ++row) {
        for (std::size_t input = 0; input < chunks * 16; ++input) {
            const bool inside = row < shape.n && input < shape.k;
            const int code = inside ? trits[row * shape.k + input] + 1 : 1;
            const std::size_t place = (row / 16 * chunks + input / 16) * 64 + row % 16 * 4 + input % 4;
            bytes[place] |= static_cast<std::byte>(code << (input % 16 / 4 * 2));
        }
    }
    return bytes;
}

TEST_CASE("interleaved2x16 by hand", "[packing][interleaved2x16]") {
    std::vector<std::int8_t> trits(17 * 18, 0);
    trits[0] = 1;             // row 0, input 0: byte 0, bits 1-0
    trits[2 * 18 + 7] = -1;   // row 2, input 7 = 4 + 3: byte 4*2 + 3, bits 3-2
    trits[15 * 18 + 14] = 1;  // row 15, input 14 = 12 + 2: byte 62, bits 7-6
    trits[1 * 18 + 17] = -1;  // row 1, input 17: chunk 1, byte 64 + 4 + 1, bits 1-0
    trits[16 * 18 + 16] = 1;  // row 16: panel 1, chunk 1, byte 0
    std::vector<std::byte> expected(256, std::byte{0x55});
    expected[0] = std::byte{0b01'01'01'10};
    expected[11] = std::byte{0b01'01'00'01};
    expected[62] = std::byte{0b10'01'01'01};
    expected[69] = std::byte{0b01'01'01'00};
    expected[192] = std::byte{0b01'01'01'10};
    CHECK(test::copy_of(pack<Interleaved2x16>(trits, 17, 18).bytes()) == expected);
}

TEST_CASE("interleaved2x16 equals its diagram for every shape", "[packing][interleaved2x16]") {
    for (const std::size_t n : {1, 15, 16, 17, 33, 64}) {
        for (const std::size_t k : {1, 3, 4, 5, 15, 16, 17, 31, 32, 100}) {
            const auto trits = test::random_trits(n * k, n * 100 + k);
            if (test::copy_of(pack<Interleaved2x16>(trits, n, k).bytes()) != by_definition(trits, {n, k}))
                FAIL_CHECK(n << " x " << k);
        }
    }
}

TEST_CASE("one packed matrix gives the same product on every arch", "[packing][interleaved2x16]") {
    const auto product = test::Product::random({35, 77}, 12, 22);
    const auto bytes = by_definition(product.trits, product.shape);
    test::Erased<Serial> serial;
    std::size_t tried = 0;
    for (const test::Kernel& kernel : test::all_kernels()) {
        if (kernel.packing != Interleaved2x16::name) continue;
        for (const std::size_t m : {1, 2, 12}) {
            std::vector<std::int32_t> y(m * 35, test::poison);
            kernel.multiply_int32({product.shape, bytes.data()}, product.x.view(m), {0, 35}, {y.data(), 35}, serial);
            INFO(kernel.name() << ", M=" << m);
            CHECK(test::first_difference(y, std::span(product.expected).subspan(0, m * 35)).empty());
        }
        ++tried;
    }
    CHECK(tried == test::archs_of<Interleaved2x16>);
}

}  // namespace
