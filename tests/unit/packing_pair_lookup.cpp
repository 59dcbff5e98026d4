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

/// The layout, written down a second time: 16 rows a panel, 16 inputs a chunk of 64 bytes, byte 16s + r has inputs 4s
/// .. 4s + 3 of row r.
std::vector<std::byte> by_definition(const std::vector<std::int8_t>& trits, Shape shape) {
    const std::size_t panels = (shape.n + 15) / 16;
    const std::size_t chunks = (shape.k + 15) / 16;
    std::vector<std::byte> bytes;
    for (std::size_t panel = 0; panel < panels; ++panel) {
        for (std::size_t i = 0; i < chunks * 64; ++i) {
            const std::size_t row = panel * 16 + i % 16;
            const auto index = [&](std::size_t k) {
                return 3 * test::trit_or_zero(trits, shape, row, k) + test::trit_or_zero(trits, shape, row, k + 1) + 4;
            };
            const std::size_t k = i / 16 * 4;
            bytes.push_back(static_cast<std::byte>(index(k) * 16 + index(k + 2)));
        }
    }
    return bytes;
}

TEST_CASE("pair_lookup by hand", "[packing][pair_lookup]") {
    // Two pairs of zeros: 3 * 0 + 0 + 4, twice.
    std::vector<std::int8_t> trits(17 * 18, 0);
    std::vector<std::byte> expected(256, std::byte{0x44});
    CHECK(test::copy_of(pack<PairLookup>(trits, 17, 18).bytes()) == expected);
    trits[0] = 1;             // row 0, inputs 0, 1 = 1, 0: index 7, byte 0, high nibble
    trits[2 * 18 + 7] = -1;   // row 2, inputs 6, 7 = 0, -1: index 3, byte 16 + 2, low nibble
    trits[15 * 18 + 12] = 1;  // row 15, inputs 12, 13 = 1, 1: index 8, byte 48 + 15, high nibble
    trits[15 * 18 + 13] = 1;
    trits[1 * 18 + 16] = -1;  // row 1, inputs 16, 17 = -1, -1: index 0, chunk 1, byte 64 + 1, high nibble
    trits[1 * 18 + 17] = -1;
    trits[16 * 18 + 17] = 1;  // row 16, inputs 16, 17 = 0, 1: index 5, panel 1, chunk 1, byte 0
    expected[0] = std::byte{0x74};
    expected[18] = std::byte{0x43};
    expected[63] = std::byte{0x84};
    expected[65] = std::byte{0x04};
    expected[192] = std::byte{0x54};
    CHECK(test::copy_of(pack<PairLookup>(trits, 17, 18).bytes()) == expected);
    CHECK(PairLookup::bytes({17, 18}) == 256);
}

TEST_CASE("pair_lookup equals its description for every shape", "[packing][pair_lookup]") {
    for (const std::size_t n : {1, 15, 16, 17, 33, 64}) {
        for (const std::size_t k : {1, 2, 3, 4, 15, 16, 17, 31, 32, 100}) {
            const auto trits = test::random_trits(n * k, n * 100 + k);
            if (test::copy_of(pack<PairLookup>(trits, n, k).bytes()) != by_definition(trits, {n, k}))
                FAIL_CHECK(n << " x " << k);
        }
    }
}

TEST_CASE("indices above 8 are refused", "[packing][pair_lookup]") {
    std::size_t refused = 0;
    for (unsigned value = 0; value < 256; ++value) {
        std::vector<std::byte> bytes(64, std::byte{0x44});
        bytes[16 * 2 + 5] = static_cast<std::byte>(value);  // row 5, inputs 8 .. 11
        INFO("byte " << value);
        if (value / 16 <= 8 && value % 16 <= 8) {
            CHECK_NOTHROW(borrow<PairLookup>(bytes, 16, 16));
            continue;
        }
        ++refused;
        const std::string column = value / 16 > 8 ? "8" : "10";
        CHECK_THROWS_MATCHES(borrow<PairLookup>(bytes, 16, 16), std::invalid_argument,
                             Catch::Matchers::MessageMatches(
                                 Catch::Matchers::ContainsSubstring("pair_lookup: row 5, column " + column + " ")));
    }
    CHECK(refused == 256 - 81);
}

TEST_CASE("padding of pair_lookup may hold anything and changes no product", "[packing][pair_lookup]") {
    // The pair of inputs 20 and 21 of each row is half padding: 21 holds a trit.
    test::check_padding<PairLookup>({19, 21}, [](std::size_t row, std::size_t k) { return row >= 19 || k >= 22; });
}

TEST_CASE("one matrix in pair_lookup gives the same product on every arch", "[packing][pair_lookup]") {
    const auto product = test::Product::random({35, 77}, 12, 22);
    test::check_product<PairLookup>(product, by_definition(product.trits, product.shape));
}

}  // namespace
