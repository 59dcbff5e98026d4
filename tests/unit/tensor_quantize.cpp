#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <limits>
#include <ternion/ternion.hpp>
#include <vector>

#include "absmax_oracle.hpp"
#include "random_data.hpp"
#include "test_executor.hpp"

namespace {

using namespace ternion;

template <int Bits>
void check_tokens(const QuantizedActivations& found, const std::vector<float>& x, std::size_t m, std::size_t k) {
    REQUIRE(found.tokens() == m);
    REQUIRE(found.inputs() == k);
    for (std::size_t t = 0; t < m; ++t) {
        const auto expected = test::absmax_oracle(std::span(x).subspan(t * k, k), Bits);
        const std::vector<std::int8_t> q(found.row(t).begin(), found.row(t).end());
        const bool same_scale =
            std::isnan(expected.scale) ? std::isnan(found.scale(t)) : found.scale(t) == expected.scale;
        if (q != expected.q || found.sum(t) != expected.sum || !same_scale) FAIL_CHECK("token " << t);
    }
}

TEST_CASE("each token is quantised for itself, on any executor", "[quantize]") {
    std::size_t archs = 0;
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        INFO(backend_of<Arch>::name);
        QuantizedActivations out;
        for (const std::size_t m : {1, 2, 5, 33}) {
            for (const std::size_t k : {1, 31, 200}) {
                const auto x = test::random_floats(m * k, m + k, 4);
                quantize<Arch>(Absmax<8>{}, x, m, k, out);
                check_tokens<8>(out, x, m, k);
                quantize<Arch>(Absmax<4>{}, x, m, k, out, test::ThreadPool(3));
                check_tokens<4>(out, x, m, k);
            }
        }
        ++archs;
    });
    CHECK(archs == all_archs::size);
}

TEST_CASE("a token that isn't finite leaves its neighbours alone", "[quantize]") {
    auto x = test::random_floats(5 * 40, 8, 4);
    x[1 * 40 + 39] = std::numeric_limits<float>::quiet_NaN();
    x[3 * 40] = -std::numeric_limits<float>::infinity();
    QuantizedActivations out;
    quantize(Absmax<8>{}, x, 5, 40, out, test::ThreadPool(2));
    check_tokens<8>(out, x, 5, 40);
    CHECK(std::isnan(out.scale(1)));
    CHECK(std::isnan(out.scale(3)));
    CHECK(std::isfinite(out.scale(2)));
}

TEST_CASE("quantize wants M * K values", "[quantize]") {
    QuantizedActivations out;
    const std::vector<float> x(12, 1.0f);
    CHECK_NOTHROW(quantize(Absmax<8>{}, x, 3, 4, out));
    for (const std::size_t k : {3, 5}) {
        CHECK_THROWS_MATCHES(quantize(Absmax<8>{}, x, 3, k, out), std::invalid_argument,
                             Catch::Matchers::MessageMatches(
                                 Catch::Matchers::ContainsSubstring("3 tokens of " + std::to_string(k) + " inputs") &&
                                 Catch::Matchers::ContainsSubstring("not 12")));
    }
    CHECK(out.tokens() == 3);
    CHECK(out.inputs() == 4);
}

}  // namespace
