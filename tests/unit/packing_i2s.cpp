#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstring>
#include <ternion/ternion.hpp>
#include <vector>

#include "golden_packings.hpp"
#include "kernels.hpp"
#include "product.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

TEST_CASE("i2_s equals the original program's bytes", "[packing][i2s]") {
    const test::GoldenPackings golden;
    const std::size_t n = golden.number("rows");
    const std::size_t k = golden.number("cols");
    const auto trits = golden.trits();
    auto bytes = golden.bytes("i2_s");
    REQUIRE(n * k == 1024);
    REQUIRE(trits.size() == n * k);

    // A tensor of a file ends with 32 bytes that begin with the scale.
    REQUIRE(bytes.size() == I2S::bytes({n, k}) + 32);
    float scale = 0;
    std::memcpy(&scale, bytes.data() + I2S::bytes({n, k}), 4);
    CHECK(scale == 0.5f);

    // With its tail the tensor is still what borrow takes.
    const auto view = borrow<I2S>(bytes, n, k, scale);
    std::vector<std::int8_t> unpacked(n * k);
    unpack_trits(view, std::span(unpacked));
    CHECK(unpacked == trits);

    bytes.resize(I2S::bytes({n, k}));
    CHECK(test::copy_of(pack<I2S>(trits, n, k).bytes()) == bytes);
    CHECK(test::copy_of(repack<I2S>(pack<Interleaved2x16>(trits, n, k)).bytes()) == bytes);
}

TEST_CASE("the original program's bytes give the same product on every arch", "[packing][i2s]") {
    const test::GoldenPackings golden;
    const auto bytes = golden.bytes("i2_s");
    const auto trits = golden.trits();
    const auto q = test::random_activations(11 * 512, 21);
    const test::Product product({2, 512}, 11, trits, q);
    test::Erased<Serial> serial;
    std::size_t tried = 0;
    for (const test::Kernel& kernel : test::all_kernels()) {
        if (kernel.packing != I2S::name) continue;
        std::vector<std::int32_t> y(22, test::poison);
        kernel.multiply_int32({{2, 512}, bytes.data()}, product.x.view(), {0, 2}, {y.data(), 2}, serial);
        INFO(kernel.name());
        CHECK(y == product.expected);
        ++tried;
    }
    CHECK(tried == test::archs_of<I2S>);
}

TEST_CASE("i2_s by hand: weights p, p + 32, p + 64, p + 96 in byte p, first on top", "[packing][i2s]") {
    std::vector<std::int8_t> trits(128, 0);
    trits[0] = 1;    // code 2 at bits 7-6
    trits[32] = -1;  // code 0 at bits 5-4
    trits[96] = 1;   // code 2 at bits 1-0
    trits[31] = -1;
    trits[127] = -1;
    std::vector<std::byte> expected(32, std::byte{0x55});
    expected[0] = std::byte{0b10'00'01'10};
    expected[31] = std::byte{0b00'01'01'00};
    CHECK(test::copy_of(pack<I2S>(trits, 1, 128).bytes()) == expected);
    CHECK(test::copy_of(pack<I2S>(trits, 128, 1).bytes()) == expected);
    CHECK(test::copy_of(pack<I2S>(trits, 8, 16).bytes()) == expected);
}

TEST_CASE("blocks of i2_s run across rows, and the last is padded with zeros", "[packing][i2s]") {
    std::vector<std::int8_t> trits(200, 0);
    trits[100] = 1;   // row 1, column 0: weight 100 = 4 + 96 of block 0
    trits[128] = -1;  // row 1, column 28: weight 0 of block 1
    trits[199] = 1;   // the last: weight 71 = 7 + 64 of block 1
    std::vector<std::byte> expected(64, std::byte{0x55});
    expected[4] = std::byte{0b01'01'01'10};
    expected[32] = std::byte{0b00'01'01'01};
    expected[32 + 7] = std::byte{0b01'01'10'01};
    CHECK(test::copy_of(pack<I2S>(trits, 2, 100).bytes()) == expected);
}

TEST_CASE("i2_s refuses code 3 and says where", "[packing][i2s]") {
    const std::vector<std::int8_t> trits(7 * 50, -1);
    const auto packed = pack<I2S>(trits, 7, 50);
    const auto good = test::copy_of(packed.bytes());
    for (const std::size_t weight :
         {std::size_t{0}, std::size_t{49}, std::size_t{50}, std::size_t{131}, std::size_t{255}, std::size_t{349}}) {
        auto bytes = good;
        const std::size_t p = weight % 128;
        bytes[weight / 128 * 32 + p % 32] |= static_cast<std::byte>(3 << (6 - p / 32 * 2));
        CHECK_THROWS_MATCHES(
            borrow<I2S>(bytes, 7, 50), std::invalid_argument,
            MessageMatches(ContainsSubstring("i2_s") && ContainsSubstring("row " + std::to_string(weight / 50) + ",") &&
                           ContainsSubstring("column " + std::to_string(weight % 50) + " ")));
    }
    CHECK_NOTHROW(borrow<I2S>(good, 7, 50));
}

}  // namespace
