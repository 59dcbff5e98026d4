#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <limits>
#include <sstream>
#include <ternion/ternion.hpp>
#include <vector>

#include "random_data.hpp"
#include "test_executor.hpp"
#include "tested_packings.hpp"

namespace {

using namespace ternion;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

template <class Call>
void refused(Call&& call, const std::string& expected, const std::string& found) {
    CHECK_THROWS_MATCHES(call(), std::invalid_argument,
                         MessageMatches(ContainsSubstring(expected) && ContainsSubstring(found)));
}

std::vector<float> weights_of(const auto& w) {
    std::vector<float> weights(w.view().shape().size());
    dequantize(w, std::span(weights), test::ThreadPool(3));
    return weights;
}

/// w[n][k] = scales[n * groups + k / inputs] * trit.
std::vector<float> scaled(const std::vector<std::int8_t>& trits, std::size_t k, const std::vector<float>& scales,
                          std::size_t inputs) {
    std::vector<float> weights;
    for (std::size_t i = 0; i < trits.size(); ++i)
        weights.push_back(scales[i / k * ceil_div(k, inputs) + i % k / inputs] * static_cast<float>(trits[i]));
    return weights;
}

TEST_CASE("every packing is dequantised with whatever scales it has", "[scales]") {
    constexpr std::size_t n = 9, k = 300;
    const auto trits = test::random_trits(n * k, 1);
    for_each_type(test::packings{}, [&]<class P>(std::type_identity<P>) {
        INFO(P::name);
        const auto w = pack<P>(trits, n, k, 0.7f);
        CHECK(weights_of(w) == scaled(trits, k, std::vector<float>(n, 0.7f), k));
        for (const std::size_t inputs : {64, 128, 256}) {
            const auto scales = test::random_floats(n * ceil_div(k, inputs), inputs, 4);
            const auto view = with_group_scales(w, scales, inputs);
            CHECK(weights_of(view) == scaled(trits, k, scales, inputs));
            std::vector<Float16> halves(scales.begin(), scales.end());
            const std::vector<float> rounded(halves.begin(), halves.end());
            CHECK(weights_of(with_group_scales(w, std::span<const Float16>(halves), inputs)) ==
                  scaled(trits, k, rounded, inputs));
            CHECK(view.group_inputs() == inputs);
            CHECK(view.groups() == ceil_div(k, inputs));
            CHECK(view.scale(n - 1, view.groups() - 1) == scales.back());
        }
        const auto rows = test::random_floats(n, 3, 4);
        CHECK(weights_of(with_row_scales(w, rows)) == scaled(trits, k, rows, k));
        std::vector<float> none(n * k - 1);
        refused([&] { dequantize(w, std::span(none)); }, "2700 weights", "not 2699");
    });
}

TEST_CASE("scales that can't be are refused with what was expected and found", "[scales]") {
    for_each_type(test::packings{}, []<class P>(std::type_identity<P>) {
        INFO(P::name);
        auto trits = std::vector<std::int8_t>(4 * 130, 1);
        std::fill_n(trits.begin() + 130 + 64, 64, std::int8_t{0});  // row 1, group 1 of 64
        const auto w = pack<P>(trits, 4, 130);
        const std::vector<float> rows(4, 1);
        const std::vector<float> groups(4 * 3, 1);
        CHECK_NOTHROW(with_row_scales(w, rows));
        CHECK_NOTHROW(with_group_scales(w, groups, 64));
        refused([&] { with_row_scales(w, groups); }, "has 4 rows to scale", "not 12");
        refused([&] { with_group_scales(w, groups, 128); }, "has 8 groups to scale", "not 12");
        refused([&] { with_group_scales(w, groups, 65); }, "64, 128 or 256", "not 65");
        refused([&] { with_group_scales(w, groups, 0); }, "64, 128 or 256", "inputs");
        for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
            auto wrong = groups;
            wrong[1 * 3 + 2] = bad;
            refused([&] { with_group_scales(w, wrong, 64); }, "row 1, columns 128 to 129", "finite");
            refused([&] { ScaledTernary<P>(w, wrong, 64); }, "row 1, columns 128 to 129", "finite");
        }
        auto zero = groups;
        zero[1 * 3 + 1] = 0;  // scales zeros only
        CHECK_NOTHROW(with_group_scales(w, zero, 64));
        zero[2 * 3 + 1] = 0;
        refused([&] { with_group_scales(w, zero, 64); }, "row 2, columns 64 to 127", "zero");
        refused([&] { with_row_scales(w, std::vector<float>{1, 0, 1, 1}); }, "row 1, columns 0 to 129", "zero");
    });
}

TEST_CASE("repacking keeps scales: from any packing to any other", "[scales]") {
    constexpr std::size_t n = 5, k = 600;
    const auto trits = test::random_trits(n * k, 1);
    std::vector<float> scales;  // of float16, for groups of 256
    for (int i = 1; i <= 15; ++i)
        scales.push_back(static_cast<float>(i) * (i % 2 == 0 ? -0.5f : 0.25f));
    const auto expected = scaled(trits, k, scales, 256);
    std::size_t pairs = 0;
    for_each_type(test::packings{}, [&]<class From>(std::type_identity<From>) {
        const ScaledTernary<From> from(pack<From>(trits, n, k), scales, 256);
        for_each_type(test::packings{}, [&]<class To>(std::type_identity<To>) {
            INFO(From::name << " to " << To::name);
            const auto to = repack<To>(from, test::ThreadPool(3));
            if constexpr (BlockScaledPacking<To>) {
                CHECK(weights_of(with_block_scales(to)) == expected);
                CHECK_NOTHROW(borrow<To>(to.bytes(), n, k));
                // And back, out of the blocks.
                CHECK(weights_of(repack<From>(with_block_scales(to)).view()) ==
                      (BlockScaledPacking<From> ? weights_of(repack<From>(with_block_scales(to))) : expected));
            } else {
                CHECK(to == ScaledTernary<To>(pack<To>(trits, n, k), scales, 256));
                CHECK(weights_of(to) == expected);
            }
            ++pairs;
        });
    });
    CHECK(pairs == test::packings::size * test::packings::size);
}

TEST_CASE("scales of rows fit into any block, scales of groups only into blocks that are no larger", "[scales]") {
    constexpr std::size_t n = 3, k = 520;
    const auto trits = test::random_trits(n * k, 2);
    const auto w = pack<I2S>(trits, n, k);
    const std::vector<float> rows{0.5f, -2, 8};
    CHECK(weights_of(with_block_scales(repack<TQ1_0>(with_row_scales(w, rows)))) == scaled(trits, k, rows, k));
    CHECK(repack<Int8>(with_row_scales(w, rows)).scales().size() == 3);

    auto groups = std::vector<float>(n * 9, 0.5f);
    CHECK(weights_of(with_block_scales(repack<TQ2_0>(with_group_scales(w, groups, 64)))) ==
          scaled(trits, k, groups, 64));
    groups[9 + 5] = 0.25f;  // row 1, columns 320 to 383
    refused([&] { repack<TQ2_0>(with_group_scales(w, groups, 64)); }, "row 1, columns 256 to 511 have different scales",
            "256 inputs");
    CHECK(weights_of(with_block_scales(repack<Q2_0>(with_group_scales(w, groups, 64)))) ==
          scaled(trits, k, groups, 64));
    groups[9 + 5] = 1e6f;
    refused([&] { repack<Q2_0>(with_group_scales(w, groups, 64)); }, "q2_0: the blocks of this packing can't hold",
            "1e+06");
}

TEST_CASE("one scale that all groups share is the tensor's", "[scales]") {
    std::vector<std::int8_t> trits(2 * 300, 1);
    std::fill_n(trits.begin() + 256, 44, std::int8_t{0});
    const auto w = pack<TQ2_0>(trits, 2, 300, 0.5f);
    REQUIRE(with_block_scales(w).scale(0, 1) == 0);
    CHECK(common_scale(with_block_scales(w)) == 0.5f);
    CHECK(repack<I2S>(borrow<TQ2_0>(w.bytes(), 2, 300, common_scale(with_block_scales(w)))) ==
          pack<I2S>(trits, 2, 300, 0.5f));
    refused([&] { common_scale(with_row_scales(w, std::vector<float>{0.5f, 0.25f})); }, "row 1", "0.5");
    const auto zeros = pack<TQ2_0>(std::vector<std::int8_t>(5, 0), 1, 5);
    refused([&] { common_scale(with_block_scales(zeros)); }, "all scales", "zero");
}

TEST_CASE("weights are packed from floats through absmean", "[scales]") {
    const auto floats = test::random_floats(7 * 33, 5, 2);
    std::vector<std::int8_t> trits(7 * 33);
    const float gamma = absmean_quantize(floats, trits);
    for_each_type(test::packings{}, [&]<class P>(std::type_identity<P>) {
        INFO(P::name);
        const auto packed = pack<P>(floats, 7, 33);
        CHECK(packed == pack<P>(trits, 7, 33, gamma));
        CHECK(pack<P>(floats, 7, 33, test::ThreadPool(3)) == packed);
        refused([&] { pack<P>(floats, 7, 34); }, "238 trits", "not 231");
    });
}

TEST_CASE("a picture of a matrix shows packing, shape, scale and trits", "[print]") {
    const std::vector<std::int8_t> trits{1, 0, -1, 0, 1, 1};
    for_each_type(test::packings{}, [&]<class P>(std::type_identity<P>) {
        const auto w = pack<P>(trits, 2, 3, 0.5f);
        CHECK(to_string(w) == std::string(P::name) + " 2 x 3, scale 0.500000\n+.-\n.++");
        std::ostringstream out;
        out << w.view();
        CHECK(out.str() == to_string(w));
        CHECK(to_string(with_row_scales(w, std::vector<float>{2, 4})) ==
              std::string(P::name) + " 2 x 3, a scale for each 3 inputs, the first 2.000000\n+.-\n.++");
    });
    const std::string large = to_string(pack<Int8>(std::vector<std::int8_t>(20 * 70, 0), 20, 70));
    CHECK(std::count(large.begin(), large.end(), '\n') == 17);
    CHECK(large.ends_with("\n..."));
    CHECK(large.find("\n" + std::string(64, '.') + "...\n") != std::string::npos);
}

TEST_CASE("matrices are compared across packings", "[print]") {
    const auto trits = test::random_trits(12 * 70, 6);
    auto other = trits;
    other.back() = static_cast<std::int8_t>(other.back() == 0 ? 1 : 0);
    for_each_type(test::packings{}, [&]<class P>(std::type_identity<P>) {
        const auto w = pack<P>(trits, 12, 70, 2);
        CHECK(same_matrix(w, pack<Int8>(trits, 12, 70, 2)));
        CHECK_FALSE(same_matrix(w, pack<Int8>(other, 12, 70, 2)));
        CHECK_FALSE(same_matrix(w, pack<Int8>(trits, 12, 70, 3)));
        CHECK_FALSE(same_matrix(w, pack<Int8>(trits, 70, 12, 2)));
    });
}

}  // namespace
