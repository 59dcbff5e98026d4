// The policies that round a token by one factor, on every arch: against their formulas in float64, and their
// properties. Absmax's bits are checked in quant_absmax.cpp.

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <ternion/ternion.hpp>
#include <vector>

#include "activation_oracle.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;
using Codes = std::vector<std::int8_t>;

struct Token {
    Codes q;
    float scale;
    std::int32_t sum;

    friend bool operator==(const Token&, const Token&) = default;
};

template <class Policy, class Arch>
Token quantised(std::span<const float> x) {
    Token token{Codes(x.size() + 1, 111), 0, 0};
    const TokenScale found = Policy::template quantize_token<Arch>(x.data(), x.size(), token.q.data());
    CHECK(token.q.back() == 111);
    token.q.pop_back();
    token.scale = found.scale;
    token.sum = found.sum;
    return token;
}

/// Quantises on every arch, which must agree in every bit, and returns what they found.
template <class Policy>
Token on_every_arch(std::span<const float> x) {
    const Token expected = quantised<Policy, Scalar>(x);
    std::size_t archs = 0;
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        const Token found = quantised<Policy, Arch>(x);
        const bool same = found.q == expected.q && found.sum == expected.sum &&
                          (found.scale == expected.scale || std::isnan(expected.scale) == std::isnan(found.scale));
        if (!same) FAIL_CHECK(backend_of<Arch>::name << ": K=" << x.size());
        ++archs;
    });
    CHECK(archs == all_archs::size);
    std::int32_t sum = 0;
    for (const std::int8_t q : expected.q)
        sum += q;
    CHECK(expected.sum == sum);
    return expected;
}

/// Tokens of every length, of many sizes, with and without outliers.
std::vector<std::vector<float>> tokens() {
    std::vector<std::vector<float>> all;
    for (std::size_t k = 1; k <= 70; ++k)
        all.push_back(test::random_floats(k, k, 3));
    for (const float size : {1e-6f, 1e-3f, 1.0f, 1e4f, 1e30f})
        all.push_back(test::random_floats(1023, 9, size));
    all.push_back(test::random_floats(6912, 10));
    for (const float outlier : {50.0f, -1e6f, 3e38f}) {
        all.push_back(test::random_floats(640, 11));
        all.back()[100] = outlier;
    }
    return all;
}

template <class Policy, class Oracle>
void check_formula(Oracle&& oracle) {
    for (const auto& x : tokens()) {
        const Token found = on_every_arch<Policy>(x);
        INFO(x.size() << " inputs");
        CHECK(test::agrees(oracle(x), found.q, found.scale));
    }
}

TEST_CASE("policies are their formulas in float64", "[policies]") {
    check_formula<Absmax<8>>([](auto& x) { return test::exact_absmax(x, 8); });
    check_formula<Absmax<4>>([](auto& x) { return test::exact_absmax(x, 4); });
    check_formula<Absmax<8, 128>>([](auto& x) { return test::exact_v1(x, 8); });
    check_formula<Absmax<4, 8>>([](auto& x) { return test::exact_v1(x, 4); });
    check_formula<AbsmeanInt4>([](auto& x) { return test::exact_absmean(x); });
}

template <class Policy>
void check_error(double slack) {
    for (const auto& x : tokens()) {
        const Token found = on_every_arch<Policy>(x);
        CHECK(test::beyond_half_a_step<Policy>(x, found.q, static_cast<double>(found.scale), slack) == 0);
    }
}

TEST_CASE("the error is half a step", "[policies]") {
    check_error<Absmax<8>>(0);
    check_error<Absmax<4>>(0);
    check_error<Absmax<8, 128>>(1.01e-5);  // that the formula adds to the peak it divides by, but doesn't multiply by
    check_error<AbsmeanInt4>(0);
}

/// A power of two changes nothing but the scale, as long as no floor of 1e-5 plays a part.
template <class Policy>
void check_scaling() {
    const auto x = test::random_floats(777, 3, 5);
    const Token token = on_every_arch<Policy>(x);
    for (const float factor : {0.25f, 2.0f, 1024.0f}) {
        auto scaled = x;
        for (auto& value : scaled)
            value *= factor;
        CHECK(on_every_arch<Policy>(scaled) == Token{token.q, token.scale * factor, token.sum});
    }
}

TEST_CASE("policies don't see a power of two", "[policies]") {
    check_scaling<Absmax<8>>();
    check_scaling<Absmax<4>>();
    check_scaling<AbsmeanInt4>();
}

template <class Policy>
void check_special() {
    constexpr float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
    for (const std::size_t k : {1, 5, 16, 33, 130}) {
        std::vector<float> zeros(k, 0.0f);
        zeros[k / 2] = -0.0f;
        const Token none = on_every_arch<Policy>(zeros);
        CHECK(none.q == Codes(k, 0));
        CHECK((std::isfinite(none.scale) && none.sum == 0));
        for (const float bad : {nan, infinity, -infinity}) {
            for (std::size_t place = 0; place < k; place += 1 + k / 5) {
                auto x = test::random_floats(k, k, 5);
                x[place] = bad;
                const Token token = on_every_arch<Policy>(x);
                CHECK((std::isnan(token.scale) && token.sum == 0 && token.q == Codes(k, 0)));
            }
        }
    }
}

TEST_CASE("zeros stay zeros, and a token that isn't finite has scale NaN", "[policies]") {
    check_special<Absmax<8>>();
    check_special<Absmax<4>>();
    check_special<Absmax<8, 128>>();
    check_special<AbsmeanInt4>();
}

TEST_CASE("v1 uses -128 and clamps +128", "[policies]") {
    const Token token = on_every_arch<Absmax<8, 128>>(std::vector<float>{-1000, 1000, 500, -3.90625f});
    CHECK(token.q == Codes{-128, 127, 64, 0});  // -3.90625 * 128 / 1000.00001 is a little less than half
    CHECK(token.scale == 1000.0f / 128);
}

TEST_CASE("AbsmeanInt4 rounds by the mean and clamps to int4", "[policies]") {
    const Token token = on_every_arch<AbsmeanInt4>(std::vector<float>{1, -1, 20, -20, 0, 1, -1, 0});
    CHECK(token.q == Codes{0, 0, 7, -8, 0, 0, 0, 0});  // beta = 5.5
}

}  // namespace
