#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "kernels.hpp"
#include "lookup_format.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;

/// Bit by bit: of row n, block b, byte j the bit i is input 64b + 8j + i; first those that aren't zero, then the signs.
std::vector<std::byte> by_definition(const std::vector<std::int8_t>& trits, Shape shape) {
    const std::size_t blocks = (shape.k + 63) / 64;
    std::vector<std::byte> bytes(shape.n * blocks * 16, std::byte{0});
    for (std::size_t n = 0; n < shape.n; ++n) {
        for (std::size_t k = 0; k < shape.k; ++k) {
            const std::size_t byte = (n * blocks + k / 64) * 16 + k % 64 / 8;
            const int trit = trits[n * shape.k + k];
            if (trit != 0) bytes[byte] |= std::byte{1} << k % 8;
            if (trit < 0) bytes[byte + 8] |= std::byte{1} << k % 8;
        }
    }
    return bytes;
}

TEST_CASE("bit_planes by hand", "[packing][bit_planes]") {
    std::vector<std::int8_t> trits(2 * 65, 0);
    trits[0] = 1;        // byte 0, bit 0
    trits[9] = -1;       // bytes 1 and 8 + 1, bit 1
    trits[63] = 1;       // byte 7, bit 7
    trits[64] = -1;      // block 1, bytes 16 and 24, bit 0
    trits[65 + 2] = -1;  // row 1, bytes 32 and 40, bit 2
    std::vector<std::byte> expected(64, std::byte{0});
    expected[0] = std::byte{1};
    expected[1] = expected[9] = std::byte{2};
    expected[7] = std::byte{0x80};
    expected[16] = expected[24] = std::byte{1};
    expected[32] = expected[40] = std::byte{4};
    CHECK(test::copy_of(pack<BitPlanes>(trits, 2, 65).bytes()) == expected);
}

TEST_CASE("bit_planes equal their description for every shape", "[packing][bit_planes]") {
    for (const std::size_t n : {1, 3, 4, 5}) {
        for (const std::size_t k : {1, 7, 8, 9, 63, 64, 65, 127, 128, 129, 200}) {
            const auto trits = test::random_trits(n * k, n * 100 + k);
            if (test::copy_of(pack<BitPlanes>(trits, n, k).bytes()) != by_definition(trits, {n, k}))
                FAIL_CHECK(n << " x " << k);
        }
    }
}

TEST_CASE("a sign where no weight is, is refused", "[packing][bit_planes]") {
    for (const std::size_t k : {0, 1, 8, 63, 64, 99}) {
        auto bytes = by_definition(test::random_trits(300, 5), {3, 100});
        const std::size_t byte = 32 + k / 64 * 16 + k % 64 / 8;  // row 1
        bytes[byte] &= ~(std::byte{1} << k % 8);
        bytes[byte + 8] &= ~(std::byte{1} << k % 8);
        CHECK_NOTHROW(borrow<BitPlanes>(bytes, 3, 100));
        bytes[byte + 8] |= std::byte{1} << k % 8;
        CHECK_THROWS_MATCHES(borrow<BitPlanes>(bytes, 3, 100), std::invalid_argument,
                             Catch::Matchers::MessageMatches(Catch::Matchers::ContainsSubstring(
                                 "bit_planes: row 1, column " + std::to_string(k) + " ")));
    }
}

TEST_CASE("padding of bit_planes may hold anything and changes no product", "[packing][bit_planes]") {
    const auto product = test::Product::random({5, 70}, 12, 4);
    const auto clean = by_definition(product.trits, product.shape);
    for (const auto& [nonzero, negative] : {std::pair{0xff, 0xff}, {0xff, 0}, {0, 0xff}, {0x5a, 0x33}}) {
        auto bytes = clean;
        for (std::size_t row = 0; row < 5; ++row) {
            for (std::size_t j = 0; j < 8; ++j) {  // input 64 + 6 and those behind it
                bytes[row * 32 + 16 + j] |= static_cast<std::byte>(j == 0 ? nonzero & 0xc0 : nonzero);
                bytes[row * 32 + 24 + j] |= static_cast<std::byte>(j == 0 ? negative & 0xc0 : negative);
            }
        }
        CHECK_NOTHROW(borrow<BitPlanes>(bytes, 5, 70));
        test::check_product<BitPlanes>(product, bytes);
    }
}

}  // namespace
