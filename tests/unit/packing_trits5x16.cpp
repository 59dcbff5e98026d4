#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "kernels.hpp"
#include "product.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;

/// Five codes in a byte, as the header states it: p = c0 + 3 c1 and t = c2 + 3 c3 + 9 c4; t mod 4 below, p + 9 (t / 4)
/// above.
int encoded(const std::array<int, 5>& codes) {
    const int p = codes[0] + 3 * codes[1];
    const int t = codes[2] + 3 * codes[3] + 9 * codes[4];
    return (p + 9 * (t / 4)) * 4 + t % 4;
}

/// The layout, written down a second time: 16 rows a panel, 20 inputs a chunk of 64 bytes, byte 4r + j has inputs 4q +
/// j of row r.
std::vector<std::byte> by_definition(const std::vector<std::int8_t>& trits, Shape shape) {
    const std::size_t panels = (shape.n + 15) / 16;
    const std::size_t chunks = (shape.k + 19) / 20;
    std::vector<std::byte> bytes;
    for (std::size_t panel = 0; panel < panels; ++panel) {
        for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
            for (std::size_t i = 0; i < 64; ++i) {
                std::array<int, 5> codes{};
                for (std::size_t q = 0; q < 5; ++q) {
                    const std::size_t row = panel * 16 + i / 4;
                    const std::size_t input = chunk * 20 + 4 * q + i % 4;
                    codes[q] = row < shape.n && input < shape.k ? trits[row * shape.k + input] + 1 : 1;
                }
                bytes.push_back(static_cast<std::byte>(encoded(codes)));
            }
        }
    }
    return bytes;
}

TEST_CASE("trits5x16 by hand", "[packing][trits5x16]") {
    // Five zeros: codes 1, p = 4, t = 13 = 4 * 3 + 1: (4 + 27) * 4 + 1.
    const std::vector<std::int8_t> zeros(16 * 20, 0);
    CHECK(test::copy_of(pack<Trits5x16>(zeros, 16, 20).bytes()) == std::vector<std::byte>(64, std::byte{125}));
    std::vector<std::int8_t> trits = zeros;
    trits[0] = 1;             // row 0, input 0: c0 = 2, p = 5
    trits[5 * 20 + 18] = -1;  // row 5, input 18 = 16 + 2: c4 = 0, t = 4
    std::vector<std::byte> expected(64, std::byte{125});
    expected[0] = std::byte{129};
    expected[22] = std::byte{(4 + 9 * 1) * 4 + 0};
    CHECK(test::copy_of(pack<Trits5x16>(trits, 16, 20).bytes()) == expected);
}

TEST_CASE("trits5x16 equals its description for every shape", "[packing][trits5x16]") {
    for (const std::size_t n : {1, 15, 16, 17, 33, 64}) {
        for (const std::size_t k : {1, 3, 4, 5, 19, 20, 21, 39, 40, 100, 243}) {
            const auto trits = test::random_trits(n * k, n * 100 + k);
            if (test::copy_of(pack<Trits5x16>(trits, n, k).bytes()) != by_definition(trits, {n, k})) {
                FAIL_CHECK(n << " x " << k);
            }
        }
    }
}

TEST_CASE("every byte of trits5x16 is five trits or refused", "[packing][trits5x16]") {
    std::vector<bool> encodes(256, false);
    for (int number = 0; number < 243; ++number)
        encodes.at(static_cast<std::size_t>(
            encoded({number % 3, number / 3 % 3, number / 9 % 3, number / 27 % 3, number / 81}))) = true;
    std::size_t refused = 0;
    for (std::size_t value = 0; value < 256; ++value) {
        std::vector<std::byte> bytes(64, std::byte{125});
        bytes[4 * 3 + 1] = static_cast<std::byte>(value);  // row 3, inputs 1, 5, 9, 13, 17
        INFO("byte " << value);
        if (encodes[value]) {
            CHECK_NOTHROW(borrow<Trits5x16>(bytes, 16, 20));
        } else {
            ++refused;
            CHECK_THROWS_MATCHES(
                borrow<Trits5x16>(bytes, 16, 20), std::invalid_argument,
                Catch::Matchers::MessageMatches(Catch::Matchers::ContainsSubstring("trits5x16: row 3, column 17 ")));
        }
    }
    CHECK(refused == 13);
}

TEST_CASE("one matrix in trits5x16 gives the same product on every arch", "[packing][trits5x16]") {
    const auto product = test::Product::random({35, 77}, 12, 22);
    const auto bytes = by_definition(product.trits, product.shape);
    test::Erased<Serial> serial;
    std::size_t tried = 0;
    for (const test::Kernel& kernel : test::all_kernels()) {
        if (kernel.packing != Trits5x16::name) continue;
        for (const std::size_t m : {1, 2, 12}) {
            std::vector<std::int32_t> y(m * 35, test::poison);
            kernel.multiply_int32({product.shape, bytes.data()}, product.x.view(m), {0, 35}, {y.data(), 35}, serial);
            INFO(kernel.name() << ", M=" << m);
            CHECK(test::first_difference(y, std::span(product.expected).subspan(0, m * 35)).empty());
        }
        ++tried;
    }
    CHECK(tried == test::archs_of<Trits5x16>);
}

}  // namespace
