#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <limits>
#include <ternion/ternion.hpp>
#include <vector>

#include "random_data.hpp"
#include "test_executor.hpp"
#include "tested_packings.hpp"

namespace {

using namespace ternion;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

constexpr Shape shapes[] = {{1, 1}, {2, 3}, {7, 127}, {16, 16}, {17, 20}, {33, 128}, {129, 31}, {200, 65}, {64, 257}};

TEST_CASE("a packed matrix keeps its shape, scale and trits", "[pack]") {
    std::size_t packings = 0;
    for_each_type(test::packings{}, [&]<class P>(std::type_identity<P>) {
        for (const auto [n, k] : shapes) {
            INFO(P::name << ", " << n << " x " << k);
            const auto trits = test::random_trits(n * k, n + k);
            const auto packed = pack<P>(trits, n, k, 0.25f);
            CHECK(packed.rows() == n);
            CHECK(packed.cols() == k);
            CHECK(packed.shape() == Shape{n, k});
            CHECK(packed.scale() == 0.25f);
            CHECK(packed.bytes().size() == P::bytes({n, k}));
            std::vector<std::int8_t> unpacked(n * k, 9);
            packed.unpack(unpacked);
            CHECK(unpacked == trits);
            CHECK(pack<P>(trits, n, k).scale() == 1.0f);
        }
        ++packings;
    });
    CHECK(packings == test::packings::size);
}

TEST_CASE("packing doesn't depend on the executor", "[pack]") {
    for_each_type(test::packings{}, [&]<class P>(std::type_identity<P>) {
        for (const auto [n, k] : shapes) {
            INFO(P::name << ", " << n << " x " << k);
            const auto trits = test::random_trits(n * k, n * k);
            const auto packed = pack<P>(trits, n, k, -3);
            for (const std::size_t threads : {std::size_t{2}, std::size_t{3}, 2 * n})
                CHECK(pack<P>(trits, n, k, -3, test::ThreadPool(threads)) == packed);
        }
    });
}

TEST_CASE("repacking from any packing to any other equals packing directly", "[pack]") {
    std::size_t pairs = 0;
    for_each_type(test::packings{}, [&]<class From>(std::type_identity<From>) {
        for_each_type(test::packings{}, [&]<class To>(std::type_identity<To>) {
            for (const auto [n, k] : shapes) {
                INFO(From::name << " to " << To::name << ", " << n << " x " << k);
                const auto trits = test::random_trits(n * k, 3 * n + k);
                const auto from = pack<From>(trits, n, k, 0.125f);
                const auto direct = pack<To>(trits, n, k, 0.125f);
                CHECK(repack<To>(from) == direct);
                CHECK(repack<To>(from.view(), test::ThreadPool(3)) == direct);
            }
            ++pairs;
        });
    });
    CHECK(pairs == test::packings::size * test::packings::size);
}

template <class P>
void check_refusals() {
    const std::vector<std::int8_t> trits(6, 1);
    const auto refused = [](auto&& call, const std::string& expected, const std::string& found) {
        CHECK_THROWS_MATCHES(call(), std::invalid_argument,
                             MessageMatches(ContainsSubstring(expected) && ContainsSubstring(found)));
    };
    const auto with_scale = [&](float scale) { return [&, scale] { return pack<P>(trits, 2, 3, scale); }; };
    refused([&] { return pack<P>(trits, 0, 3); }, "at least one row and one column", "0 x 3");
    refused([&] { return pack<P>(trits, 2, 0); }, "at least one row and one column", "2 x 0");
    refused([&] { return pack<P>(trits, 2, 4); }, "8", "6");
    refused([&] { return pack<P>(trits, 1, 5); }, "5", "6");
    refused([&] { return pack<P>(trits, 1, max_inputs + 1); }, std::to_string(max_inputs),
            std::to_string(max_inputs + 1));
    // A product of sizes that wraps to the length of the span.
    refused([&] { return pack<P>(trits, (std::size_t{1} << 63) + 3, 2); }, "too large", " x 2");
    refused(with_scale(0), "not zero", "0.0");
    refused(with_scale(-0.0f), "not zero", "0.0");
    refused(with_scale(std::numeric_limits<float>::quiet_NaN()), "finite", "nan");
    refused(with_scale(std::numeric_limits<float>::infinity()), "finite", "inf");
    refused(with_scale(-std::numeric_limits<float>::infinity()), "finite", "-inf");
    for (const int value : {2, -2, 3, 127, -128}) {
        auto wrong = trits;
        wrong[4] = static_cast<std::int8_t>(value);
        refused([&] { return pack<P>(wrong, 2, 3); }, "not -1, 0 or 1",
                "row 1, column 1 is " + std::to_string(value) + ",");
    }
}

TEST_CASE("what can't be packed is refused with what was expected and found", "[pack]") {
    for_each_type(test::packings{}, []<class P>(std::type_identity<P>) {
        INFO(P::name);
        check_refusals<P>();
    });
}

TEST_CASE("the smallest scale is a scale", "[pack]") {
    const std::vector<std::int8_t> trits(6, 1);
    CHECK(pack<I2S>(trits, 2, 3, std::numeric_limits<float>::denorm_min()).scale() > 0);
    CHECK(pack<I2S>(trits, 2, 3, -2.5f).scale() == -2.5f);
}

}  // namespace
