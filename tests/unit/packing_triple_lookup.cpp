#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstdlib>
#include <ternion/ternion.hpp>
#include <vector>

#include "kernels.hpp"
#include "lookup_format.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;

/// The layout, written down a second time: 16 rows a panel, 24 inputs a chunk of 80 bytes. Byte 16s + r has the indices
/// of the triples at inputs 6s and 6s + 3 of row r, byte 64 + r the signs of its eight triples.
std::vector<std::byte> by_definition(const std::vector<std::int8_t>& trits, Shape shape) {
    const std::size_t panels = (shape.n + 15) / 16;
    const std::size_t chunks = (shape.k + 23) / 24;
    std::vector<std::byte> bytes;
    for (std::size_t panel = 0; panel < panels; ++panel) {
        for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
            for (std::size_t i = 0; i < 80; ++i) {
                const auto value = [&](std::size_t triple) {
                    const std::size_t k = chunk * 24 + triple * 3;
                    const auto trit = [&](std::size_t j) {
                        return test::trit_or_zero(trits, shape, panel * 16 + i % 16, k + j);
                    };
                    return 9 * trit(0) + 3 * trit(1) + trit(2);
                };
                int byte = 0;
                if (i < 64) {
                    byte = std::abs(value(i / 16 * 2)) * 16 + std::abs(value(i / 16 * 2 + 1));
                } else {
                    for (std::size_t triple = 0; triple < 8; ++triple)
                        byte |= (value(triple) < 0 ? 1 : 0) << triple;
                }
                bytes.push_back(static_cast<std::byte>(byte));
            }
        }
    }
    return bytes;
}

TEST_CASE("triple_lookup by hand", "[packing][triple_lookup]") {
    std::vector<std::int8_t> trits(17 * 25, 0);
    std::vector<std::byte> expected(2 * 2 * 80, std::byte{0});
    CHECK(test::copy_of(pack<TripleLookup>(trits, 17, 25).bytes()) == expected);
    trits[0] = 1;             // row 0, inputs 0 .. 2 = 1, 0, 0: 9, byte 0, high nibble
    trits[2 * 25 + 10] = -1;  // row 2, inputs 9 .. 11 = 0, -1, 1: -2, byte 16 + 2, low nibble, sign 3
    trits[2 * 25 + 11] = 1;
    trits[15 * 25 + 21] = -1;  // row 15, inputs 21 .. 23 = -1, -1, -1: -13, byte 48 + 15, low nibble, sign 7
    trits[15 * 25 + 22] = -1;
    trits[15 * 25 + 23] = -1;
    trits[1 * 25 + 24] = -1;  // row 1, inputs 24 .. = -1, padding: -9, chunk 1, byte 80 + 1, high nibble, sign 0
    trits[16 * 25 + 4] = 1;   // row 16, inputs 3 .. 5 = 0, 1, 0: 3, panel 1, byte 0, low nibble
    expected[0] = std::byte{0x90};
    expected[16 + 2] = std::byte{0x02};
    expected[64 + 2] = std::byte{0b0000'1000};
    expected[48 + 15] = std::byte{0x0d};
    expected[64 + 15] = std::byte{0b1000'0000};
    expected[80 + 1] = std::byte{0x90};
    expected[80 + 64 + 1] = std::byte{0b0000'0001};
    expected[160] = std::byte{0x03};
    CHECK(test::copy_of(pack<TripleLookup>(trits, 17, 25).bytes()) == expected);
}

TEST_CASE("triple_lookup equals its description for every shape", "[packing][triple_lookup]") {
    for (const std::size_t n : {1, 15, 16, 17, 33, 64}) {
        for (const std::size_t k : {1, 2, 3, 4, 5, 6, 23, 24, 25, 47, 48, 49, 100}) {
            const auto trits = test::random_trits(n * k, n * 100 + k);
            if (test::copy_of(pack<TripleLookup>(trits, n, k).bytes()) != by_definition(trits, {n, k}))
                FAIL_CHECK(n << " x " << k);
        }
    }
}

TEST_CASE("indices above 13 and signs of zero are refused", "[packing][triple_lookup]") {
    std::size_t refused = 0;
    for (unsigned value = 0; value < 256; ++value) {
        for (const unsigned signs : {0u, 1u, 2u, 3u}) {
            std::vector<std::byte> bytes(80, std::byte{0});
            bytes[16 * 2 + 5] = static_cast<std::byte>(value);  // row 5, inputs 12 .. 14 and 15 .. 17
            bytes[64 + 5] = static_cast<std::byte>(signs << 4);
            INFO("byte " << value << ", signs " << signs);
            const auto wrong = [](unsigned index, unsigned sign) { return index > 13 || (index == 0 && sign != 0); };
            const bool first = wrong(value / 16, signs & 1);
            if (!first && !wrong(value % 16, signs >> 1)) {
                CHECK_NOTHROW(borrow<TripleLookup>(bytes, 16, 24));
                continue;
            }
            ++refused;
            CHECK_THROWS_MATCHES(borrow<TripleLookup>(bytes, 16, 24), std::invalid_argument,
                                 Catch::Matchers::MessageMatches(Catch::Matchers::ContainsSubstring(
                                     std::string("triple_lookup: row 5, column ") + (first ? "12 " : "15 "))));
        }
    }
    // 14 indices without a sign and 13 with one, in both nibbles.
    CHECK(refused == 4 * 256 - 27 * 27);
}

TEST_CASE("padding of triple_lookup may hold anything and changes no product", "[packing][triple_lookup]") {
    test::check_padding<TripleLookup>({19, 29}, [](std::size_t row, std::size_t k) { return row >= 19 || k >= 29; });
}

TEST_CASE("one matrix in triple_lookup gives the same product on every arch", "[packing][triple_lookup]") {
    const auto product = test::Product::random({35, 77}, 12, 22);
    test::check_product<TripleLookup>(product, by_definition(product.trits, product.shape));
}

}  // namespace
