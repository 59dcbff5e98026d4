#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "kernels.hpp"
#include "random_data.hpp"
#include "test_executor.hpp"

namespace {

using namespace ternion;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

constexpr std::size_t edges[] = {1, 2, 3, 7, 8, 9, 63, 64, 65, 127, 128, 129, 200};

TEST_CASE("binary by hand", "[packing][binary]") {
    std::vector<std::int8_t> trits(2 * 65, 1);
    trits[0] = -1;       // byte 0, bit 0
    trits[9] = -1;       // byte 1, bit 1
    trits[64] = -1;      // block 1, byte 8, bit 0
    trits[65 + 2] = -1;  // row 1, byte 16, bit 2
    std::vector<std::byte> expected(32, std::byte{0});
    expected[0] = std::byte{1};
    expected[1] = std::byte{2};
    expected[8] = std::byte{1};
    expected[16] = std::byte{4};
    CHECK(test::copy_of(pack<Binary>(trits, 2, 65).bytes()) == expected);
    CHECK(Binary::bits_per_weight == 1.0);
}

TEST_CASE("a zero has no encoding in binary, and is refused where it comes in", "[packing][binary]") {
    auto trits = test::random_signs(3 * 70, 1);
    CHECK_NOTHROW(pack<Binary>(trits, 3, 70));
    trits[70 + 66] = 0;
    const auto refused = [](auto&& call) {
        CHECK_THROWS_MATCHES(call(), std::invalid_argument,
                             MessageMatches(ContainsSubstring("binary: row 1, column 66 is 0") &&
                                            ContainsSubstring("holds -1 and +1 only")));
    };
    refused([&] { return pack<Binary>(trits, 3, 70); });
    const auto planes = pack<BitPlanes>(trits, 3, 70);
    refused([&] { return repack<Binary>(planes); });
    const std::vector<float> scales{1, 2, 3};
    refused([&] { return repack<Binary>(with_row_scales(planes, scales)); });
    CHECK_THROWS_AS(pack<Binary>(std::vector<float>{1, 0, -1}, 1, 3), std::invalid_argument);
}

TEST_CASE("binary keeps signs of every shape, and any segment of a row", "[packing][binary]") {
    for (const std::size_t n : {1, 3, 5}) {
        for (const std::size_t k : edges) {
            INFO(n << " x " << k);
            const auto trits = test::random_signs(n * k, n + k);
            const auto w = pack<Binary>(trits, n, k, -0.5f);
            CHECK(pack<Binary>(trits, n, k, -0.5f, test::ThreadPool(3)) == w);
            CHECK(w.scale() == -0.5f);
            std::vector<std::int8_t> unpacked(n * k);
            w.unpack(unpacked);
            CHECK(unpacked == trits);
            CHECK(repack<Binary>(repack<Interleaved2x16>(w)) == w);
            CHECK(repack<BitPlanes>(w) == pack<BitPlanes>(trits, n, k, -0.5f));
            for (std::size_t first = 0; first < k; first += 1 + first / 4) {
                for (std::size_t count = 0; count <= k - first; count += 1 + count / 4) {
                    std::vector<std::uint8_t> codes(count + 1, 77);
                    Binary::unpack({n, k}, w.bytes().data(), n - 1, first, count, codes.data());
                    std::vector<std::uint8_t> expected;
                    for (std::size_t i = 0; i < count; ++i)
                        expected.push_back(static_cast<std::uint8_t>(trits[(n - 1) * k + first + i] + 1));
                    expected.push_back(77);
                    if (codes != expected) FAIL_CHECK(count << " from column " << first);
                }
            }
        }
    }
}

TEST_CASE("every byte of binary is trits", "[packing][binary]") {
    for (int value = 0; value < 256; ++value)
        CHECK_NOTHROW(borrow<Binary>(std::vector<std::byte>(48, static_cast<std::byte>(value)), 3, 70));
}

}  // namespace
