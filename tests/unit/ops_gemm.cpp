// gemv and gemm as callers see them: every overload, on every kind of packing.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <limits>
#include <ternion/ternion.hpp>
#include <vector>

#include "absmax_oracle.hpp"
#include "packing_kinds.hpp"
#include "random_data.hpp"
#include "test_executor.hpp"

namespace {

using namespace ternion;
using Ints = std::vector<std::int32_t>;

constexpr std::size_t n = 21, k = 83, m = 6;
constexpr float w_scale = 0.41f;

/// The documented result for float activations: absmax, exact sums, float(sum) * (w_scale * x_scale).
std::vector<float> expected_floats(const std::vector<std::int8_t>& trits, const std::vector<float>& x,
                                   std::size_t tokens) {
    std::vector<float> y(tokens * n);
    for (std::size_t t = 0; t < tokens; ++t) {
        const auto token = test::absmax_oracle(std::span(x).subspan(t * k, k), 8);
        Ints sums(n);
        reference_gemm(trits, n, k, token.q, 1, sums);
        for (std::size_t i = 0; i < n; ++i)
            y[t * n + i] = static_cast<float>(sums[i]) * (w_scale * token.scale);
    }
    return y;
}

TEST_CASE("gemv and gemm of integers are exact on every kind of packing", "[gemm]") {
    std::size_t packings = 0;
    for_each_type(test::packing_kinds{}, [&]<class P>(std::type_identity<P>) {
        INFO(P::name);
        const auto trits = test::random_trits(n * k, 1);
        const auto q = test::random_activations(m * k, 2);
        Ints expected(m * n), y(m * n, -1), one(n, -1);
        reference_gemm(trits, n, k, q, m, expected);
        const auto w = pack<P>(trits, n, k, w_scale);

        gemm(w, q, m, y);
        CHECK(y == expected);
        gemv(w, std::span(q).first(k), one);
        CHECK(one == Ints(expected.begin(), expected.begin() + n));

        // The same from a view, on another arch, and by a pool that the caller owns.
        test::ThreadPool pool(3);
        y.assign(m * n, -1);
        gemm(borrow<P>(w.bytes(), n, k), q, m, y, pool);
        CHECK(y == expected);
        y.assign(m * n, -1);
        gemm<Scalar>(w, q, m, y, test::ThreadPool(2));
        CHECK(y == expected);
        one.assign(n, -1);
        gemv<Scalar>(w.view(), std::span(q).first(k), one, pool);
        CHECK(one == Ints(expected.begin(), expected.begin() + n));
        ++packings;
    });
    CHECK(packings == test::packing_kinds::size);
}

TEST_CASE("gemv and gemm of floats quantise by absmax, and follow the formula", "[gemm]") {
    for_each_type(test::packing_kinds{}, [&]<class P>(std::type_identity<P>) {
        INFO(P::name);
        const auto trits = test::random_trits(n * k, 3);
        const auto x = test::random_floats(m * k, 4, 3);
        const auto expected = expected_floats(trits, x, m);
        const auto w = pack<P>(trits, n, k, w_scale);
        std::vector<float> y(m * n, -1), one(n, -1);
        gemm(w, x, m, y);
        CHECK(y == expected);
        gemv(w, std::span(x).first(k), one);
        CHECK(one == std::vector<float>(expected.begin(), expected.begin() + n));
        const test::ThreadPool pool(2);
        y.assign(m * n, -1);
        gemm<Scalar>(w.view(), x, m, y, pool);
        CHECK(y == expected);
        one.assign(n, -1);
        gemv<Scalar>(w, std::span(x).first(k), one, pool);
        CHECK(one == std::vector<float>(expected.begin(), expected.begin() + n));
    });
}

TEST_CASE("activations that are quantised already give each type of result", "[gemm]") {
    const auto trits = test::random_trits(n * k, 5);
    const auto x = test::random_floats(m * k, 6, 3);
    const auto expected = expected_floats(trits, x, m);
    const auto w = pack<Int8>(trits, n, k, w_scale);
    QuantizedActivations activations;
    quantize(Absmax<8>{}, x, m, k, activations);
    std::vector<float> y(m * n, -1);
    std::vector<Float16> half(m * n);
    std::vector<BFloat16> brain(m * n);
    Ints sums(m * n);
    gemm(w, activations, std::span(y));
    gemm(w, activations, std::span(half));
    gemm(w, activations, std::span(brain));
    gemm(w, activations, std::span(sums));
    CHECK(y == expected);
    std::size_t right = 0;
    for (std::size_t i = 0; i < m * n; ++i) {
        right += half[i].bits == Float16(expected[i]).bits && brain[i].bits == BFloat16(expected[i]).bits &&
                 static_cast<float>(sums[i]) * (w_scale * activations.scale(i / n)) == expected[i];
    }
    CHECK(right == m * n);
}

TEST_CASE("tokens of zeros, NaN and infinity stay among themselves", "[gemm]") {
    const auto trits = test::random_trits(n * k, 7);
    auto x = test::random_floats(m * k, 8, 3);
    std::fill_n(x.begin() + k, k, 0.0f);
    x[2 * k + 82] = std::numeric_limits<float>::quiet_NaN();
    x[4 * k] = -std::numeric_limits<float>::infinity();
    const auto expected = expected_floats(trits, x, m);
    for_each_type(test::packing_kinds{}, [&]<class P>(std::type_identity<P>) {
        INFO(P::name);
        std::vector<float> y(m * n, -1);
        gemm(pack<P>(trits, n, k, w_scale), x, m, y);
        std::size_t right = 0;
        for (std::size_t i = 0; i < m * n; ++i) {
            const bool bad = i / n == 2 || i / n == 4;
            right += bad ? std::isnan(y[i]) : y[i] == expected[i];
            if (i / n == 1) CHECK(y[i] == 0);
        }
        CHECK(right == m * n);
    });
}

TEST_CASE("sizes that don't match are refused with what was expected and found", "[gemm]") {
    const auto w = pack<Int8>(test::random_trits(n * k, 9), n, k);
    const auto refused = [](auto&& call, std::size_t expected, std::size_t found) {
        CHECK_THROWS_MATCHES(
            call(), std::invalid_argument,
            Catch::Matchers::MessageMatches(Catch::Matchers::ContainsSubstring(std::to_string(expected)) &&
                                            Catch::Matchers::ContainsSubstring(std::to_string(found))));
    };
    for (const int wrong : {-1, 1}) {
        const auto off = [&](std::size_t size) { return size + static_cast<std::size_t>(wrong); };
        std::vector<std::int8_t> q(m * k), q_off(off(m * k));
        Ints sums(m * n), sums_off(off(m * n));
        refused([&] { gemm(w, q_off, m, sums); }, m * k, off(m * k));
        refused([&] { gemm(w, q, m, sums_off); }, m * n, off(m * n));
        refused([&] { gemv(w, std::span(q).first(off(k)), std::span(sums).first(n)); }, k, off(k));
        refused([&] { gemv(w, std::span(q).first(k), std::span(sums).first(off(n))); }, n, off(n));

        std::vector<float> x(m * k), x_off(off(m * k)), y(m * n), y_off(off(m * n));
        refused([&] { gemm(w, x_off, m, y); }, m * k, off(m * k));
        refused([&] { gemm(w, x, m, y_off); }, m * n, off(m * n));
        refused([&] { gemv(w, std::span(x).first(off(k)), std::span(y).first(n)); }, k, off(k));

        QuantizedActivations activations;
        quantize(Absmax<8>{}, std::span(x).first(m * off(k) > m * k ? 0 : m * off(k)), m * off(k) > m * k ? 0 : m,
                 off(k), activations);
        refused([&] { gemm(w, activations, std::span(y)); }, k, off(k));
        quantize(Absmax<8>{}, x, m, k, activations);
        refused([&] { gemm(w, activations, std::span(y_off)); }, m * n, off(m * n));
    }
}

}  // namespace
