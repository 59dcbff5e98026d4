#pragma once

// What the tests of the block formats, TQ1_0, TQ2_0 and Q2_0, share.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <ternion/ternion.hpp>
#include <vector>

#include "golden_packings.hpp"
#include "kernels.hpp"
#include "random_data.hpp"

namespace test {

/// The original program's bytes: packed, unpacked, dequantised and repacked.
template <class P>
void check_golden_blocks(const std::string& key) {
    using namespace ternion;
    const GoldenPackings golden;
    const auto trits = golden.trits();
    const auto bytes = golden.bytes(key);
    REQUIRE(trits.size() == 1024);
    REQUIRE(bytes.size() == P::bytes({2, 512}));
    CHECK(copy_of(pack<P>(trits, 2, 512, 0.5f).bytes()) == bytes);
    CHECK(copy_of(repack<P>(pack<Interleaved2x16>(trits, 2, 512, 0.5f)).bytes()) == bytes);

    const auto view = borrow<P>(bytes, 2, 512, 3.0f);
    std::vector<std::int8_t> unpacked(1024);
    unpack_trits(view, std::span(unpacked));
    CHECK(unpacked == trits);

    const auto scaled = with_block_scales(view);
    CHECK(common_scale(scaled) == 0.5f);
    std::vector<float> weights(1024), expected(1024);
    dequantize(scaled, std::span(weights));
    for (std::size_t i = 0; i < 1024; ++i)
        expected[i] = 0.5f * static_cast<float>(trits[i]);
    CHECK(weights == expected);
}

/// Every value of every byte of a block's codes; `refused` says which. Returns how many were refused.
template <class P, class Refused>
std::size_t check_refused_codes(std::size_t code_bytes, std::size_t first, const Refused& refused) {
    using namespace ternion;
    const auto good = copy_of(pack<P>(random_trits(2 * P::block_inputs, 1), 1, 2 * P::block_inputs).bytes());
    std::size_t count = 0;
    for (std::size_t place = 0; place < code_bytes; ++place) {
        for (std::size_t value = 0; value < 256; ++value) {
            auto bytes = good;
            bytes[P::block_bytes + first + place] = static_cast<std::byte>(value);
            INFO("byte " << place << " = " << value);
            bool thrown = false;
            try {
                borrow<P>(bytes, 1, 2 * P::block_inputs);
            } catch (const std::invalid_argument& error) {
                thrown = std::string(error.what()).find("row 0, column ") != std::string::npos;
            }
            if (thrown != refused(value)) FAIL_CHECK(thrown);
            count += thrown ? 1 : 0;
        }
    }
    return count;
}

/// Scales that are not finite, or zero where trits are not; and those that a float16 can't hold.
template <class P>
void check_refused_scales() {
    using namespace ternion;
    using Catch::Matchers::ContainsSubstring;
    using Catch::Matchers::MessageMatches;
    constexpr std::size_t k = 3 * P::group_inputs - 5;
    const Shape shape{3, k};
    const auto good = copy_of(pack<P>(std::vector<std::int8_t>(3 * k, 1), 3, k).bytes());
    const std::string place = "row 1, columns " + std::to_string(2 * P::group_inputs) + " to " + std::to_string(k - 1);
    const auto refused = [&](float scale, const std::string& found) {
        auto bytes = good;
        P::set_scale(shape, bytes.data(), 1, 2, scale);
        CHECK_THROWS_MATCHES(borrow<P>(bytes, 3, k), std::invalid_argument,
                             MessageMatches(ContainsSubstring(std::string(P::name)) && ContainsSubstring(place) &&
                                            ContainsSubstring(found)));
    };
    refused(std::numeric_limits<float>::quiet_NaN(), "nan");
    refused(std::numeric_limits<float>::infinity(), "inf");
    refused(-std::numeric_limits<float>::infinity(), "-inf");
    refused(0.0f, "zero");
    refused(-0.0f, "zero");

    // A group of zeros may have the scale zero, and has it when it is packed.
    auto trits = std::vector<std::int8_t>(3 * k, 0);
    trits[k] = 1;
    const auto packed = pack<P>(trits, 3, k, 0.5f);
    CHECK_NOTHROW(borrow<P>(packed.bytes(), 3, k));
    CHECK(with_block_scales(packed).scale(1, 0) == 0.5f);
    CHECK(with_block_scales(packed).scale(1, 1) == 0.0f);
    CHECK(with_block_scales(packed).scale(0, 0) == 0.0f);

    const auto unpackable = [&](float scale) {
        CHECK_THROWS_MATCHES(
            pack<P>(trits, 3, k, scale), std::invalid_argument,
            MessageMatches(ContainsSubstring(std::string(P::name)) && ContainsSubstring("can't hold")));
    };
    unpackable(65520.0f);
    unpackable(0x1p-26f);
    // Below the normal float16s those that are one are held, and others not half as closely.
    unpackable(3e-5f);
    unpackable(-0x1.8p-24f);
    CHECK_NOTHROW(pack<P>(trits, 3, k, 0x1.8p-20f));
    CHECK_NOTHROW(pack<P>(trits, 3, k, -0x1.fffp-14f));
    CHECK(pack<P>(trits, 3, k, 0.1f).scale() == 0.1f);
    CHECK(with_block_scales(pack<P>(trits, 3, k, 0.1f)).scale(1, 0) == static_cast<float>(Float16(0.1f)));
}

}  // namespace test
