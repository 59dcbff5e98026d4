#include <array>
#include <catch2/catch_test_macros.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "kernels.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;

/// Five codes in a byte, as trits5x16.hpp states it.
unsigned five_codes(const std::array<unsigned, 5>& codes) {
    const unsigned p = codes[0] + 3 * codes[1];
    const unsigned t = codes[2] + 3 * codes[3] + 9 * codes[4];
    return (p + 9 * (t / 4)) * 4 + t % 4;
}

/// The layout of rows, written down a second time: byte b of unit u has weights 64 (Q u + f) + b.
template <std::size_t Q>
std::vector<std::byte> rows_by_definition(const std::vector<std::int8_t>& trits, Shape shape) {
    std::vector<std::byte> bytes;
    for (std::size_t row = 0; row < shape.n; ++row) {
        for (std::size_t unit = 0; unit * 64 * Q < shape.k; ++unit) {
            for (std::size_t b = 0; b < 64; ++b) {
                std::array<unsigned, 5> codes{};
                for (std::size_t f = 0; f < Q; ++f) {
                    const std::size_t k = 64 * (Q * unit + f) + b;
                    codes.at(f) = k < shape.k ? static_cast<unsigned>(trits[row * shape.k + k] + 1) : 1u;
                }
                const unsigned four = codes[0] | codes[1] << 2 | codes[2] << 4 | codes[3] << 6;
                bytes.push_back(static_cast<std::byte>(Q == 5 ? five_codes(codes) : four));
            }
        }
    }
    return bytes;
}

/// The same by input: panels of units of outputs, in each of them all inputs.
template <std::size_t Q>
std::vector<std::byte> inputs_by_definition(const std::vector<std::int8_t>& trits, Shape shape) {
    const std::size_t units = (shape.n + 64 * Q - 1) / (64 * Q);
    const std::size_t panels = units == 1 ? 1 : 2 * ((units + 9) / 10);
    std::vector<std::byte> bytes;
    for (std::size_t panel = 0; panel < panels; ++panel) {
        const std::size_t begin = units * panel / panels * 64 * Q, end = units * (panel + 1) / panels * 64 * Q;
        std::vector<std::int8_t> transposed(shape.k * (end - begin), 0);
        for (std::size_t k = 0; k < shape.k; ++k)
            for (std::size_t n = begin; n < end && n < shape.n; ++n)
                transposed[k * (end - begin) + n - begin] = trits[n * shape.k + k];
        const auto part = rows_by_definition<Q>(transposed, {shape.k, end - begin});
        bytes.insert(bytes.end(), part.begin(), part.end());
    }
    return bytes;
}

constexpr std::array<std::size_t, 8> edges{1, 3, 63, 64, 65, 256, 321, 1601};

TEST_CASE("rows of units equal their description for every shape", "[packing][trits5_rows]") {
    for (const std::size_t n : {1, 2, 5}) {
        for (const std::size_t k : edges) {
            const auto trits = test::random_trits(n * k, n * 100 + k);
            INFO(n << " x " << k);
            CHECK(test::copy_of(pack<Trits5Rows>(trits, n, k).bytes()) == rows_by_definition<5>(trits, {n, k}));
            CHECK(test::copy_of(pack<TwoBitRows>(trits, n, k).bytes()) == rows_by_definition<4>(trits, {n, k}));
        }
    }
}

TEST_CASE("weights by input equal their description for every shape", "[packing][by_input]") {
    for (const std::size_t n : edges) {
        for (const std::size_t k : {1, 2, 7, 8, 9, 20}) {
            const auto trits = test::random_trits(n * k, n * 100 + k);
            INFO(n << " x " << k);
            CHECK(test::copy_of(pack<ByInput<Trits5Rows>>(trits, n, k).bytes()) ==
                  inputs_by_definition<5>(trits, {n, k}));
            CHECK(test::copy_of(pack<ByInput<TwoBitRows>>(trits, n, k).bytes()) ==
                  inputs_by_definition<4>(trits, {n, k}));
        }
    }
}

TEST_CASE("a unit by hand", "[packing][trits5_rows]") {
    std::vector<std::int8_t> trits(320, 0);
    trits[0] = 1;            // byte 0: c0 = 2
    trits[64 * 4 + 7] = -1;  // byte 7: c4 = 0
    std::vector<std::byte> expected(64, std::byte{125});
    expected[0] = std::byte{129};
    expected[7] = std::byte{(4 + 9 * 1) * 4};
    CHECK(test::copy_of(pack<Trits5Rows>(trits, 1, 320).bytes()) == expected);
    CHECK(test::copy_of(pack<ByInput<Trits5Rows>>(trits, 320, 1).bytes()) == expected);
}

TEST_CASE("layouts for lists are as small as those that they stand for, at the sizes of 2B4T", "[packing][by_input]") {
    for (const Shape shape : {Shape{6912, 2560}, Shape{2560, 6912}}) {
        CHECK(ByInput<Trits5Rows>::bytes(shape) <= Trits5x16::bytes(shape) * 102 / 100);
        CHECK(Trits5Rows::bytes(shape) <= Trits5x16::bytes(shape) * 102 / 100);
        CHECK(ByInput<TwoBitRows>::bytes(shape) == Interleaved2x16::bytes(shape));
    }
    for (const std::size_t units : {1, 2, 8, 9, 10, 11, 22, 27, 100}) {
        const Shape shape{units * 320, 1};
        for (std::size_t unit = 0; unit < units; ++unit) {
            const auto panel = ByInput<Trits5Rows>::panel_of(shape, unit);
            CHECK((panel.begin <= unit && unit < panel.end && panel.end <= units));
            CHECK(panel.end - panel.begin <= ByInput<Trits5Rows>::most_panel_units);
        }
    }
    CHECK(ByInput<Trits5Rows>::panel_of({2560, 1}, 3).end * 320 == 1280);
    CHECK(ByInput<TwoBitRows>::panel_of({2560, 1}, 4).end * 256 == 1280);
}

TEST_CASE("bytes that are no codes are refused", "[packing][by_input]") {
    auto trits = pack<ByInput<Trits5Rows>>(std::vector<std::int8_t>(340, 0), 340, 1);
    auto bytes = test::copy_of(trits.bytes());
    CHECK_NOTHROW(borrow<ByInput<Trits5Rows>>(bytes, 340, 1));
    bytes[64 + 3] = std::byte{255};
    CHECK_THROWS_AS((borrow<ByInput<Trits5Rows>>(bytes, 644, 1)), std::invalid_argument);
    auto two_bits = test::copy_of(pack<ByInput<TwoBitRows>>(std::vector<std::int8_t>(300, 0), 300, 1).bytes());
    CHECK_NOTHROW(borrow<ByInput<TwoBitRows>>(two_bits, 300, 1));
    two_bits[65] = std::byte{3};
    CHECK_THROWS_AS((borrow<ByInput<TwoBitRows>>(two_bits, 300, 1)), std::invalid_argument);
}

}  // namespace
