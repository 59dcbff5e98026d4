#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <limits>
#include <ternion/ternion.hpp>
#include <vector>

#include "random_data.hpp"
#include "test_executor.hpp"

namespace {

using namespace ternion;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using Floats = std::vector<float>;

/// How many values are within a few roundings of the formula in double.
std::size_t close_values(const Floats& x, const Floats& weight, double eps, const Floats& y) {
    const std::size_t channels = weight.size();
    std::size_t close = 0;
    for (std::size_t begin = 0; begin < x.size(); begin += channels) {
        double squares = 0;
        for (std::size_t i = 0; i < channels; ++i)
            squares += static_cast<double>(x[begin + i]) * static_cast<double>(x[begin + i]);
        const double factor = 1 / std::sqrt(squares / static_cast<double>(channels) + eps);
        for (std::size_t i = 0; i < channels; ++i) {
            const double expected = static_cast<double>(x[begin + i]) * factor * static_cast<double>(weight[i]);
            close += std::fabs(static_cast<double>(y[begin + i]) - expected) <= 4e-7 * std::fabs(expected);
        }
    }
    return close;
}

TEST_CASE("RmsNorm agrees with the formula in double, token by token", "[rms_norm]") {
    for (const std::size_t channels : {1, 2, 7, 8, 9, 64, 2560}) {
        for (const std::size_t m : {1, 3}) {
            for (const float size : {1e-6f, 1.0f, 1e4f, 1e25f}) {
                INFO(channels << " channels, " << m << " tokens, up to " << size);
                const auto x = test::random_floats(m * channels, channels, size);
                const auto weight = test::random_floats(channels, m, 2);
                const float eps = 1e-5f;
                Floats y(x.size(), -1);
                RmsNorm(weight, eps)(x, y);
                CHECK(close_values(x, weight, static_cast<double>(eps), y) == x.size());
            }
        }
    }
}

TEST_CASE("RmsNorm may work in place, on any executor, with the same bits", "[rms_norm]") {
    const RmsNorm norm(test::random_floats(33, 1), 1e-6f);
    CHECK(norm.channels() == 33);
    const auto x = test::random_floats(7 * 33, 2);
    Floats apart(x.size());
    norm(x, apart);
    CHECK(apart != x);
    auto in_place = x;
    norm(in_place, in_place);
    CHECK(in_place == apart);
    for (const std::size_t threads : {2, 3, 14}) {
        Floats y(x.size());
        norm(x, y, test::ThreadPool(threads));
        CHECK(y == apart);
    }
}

TEST_CASE("eps keeps tokens of zeros at zero", "[rms_norm]") {
    const RmsNorm norm(Floats(5, 3.0f), 1e-5f);
    Floats x(5, 0.0f);
    norm(x, x);
    CHECK(x == Floats(5, 0.0f));
    // One value of 1 among four: mean of squares 1/4.
    const RmsNorm quarter(Floats{1, 1, 2, 1}, 0.75f);
    Floats y(4);
    quarter(Floats{0, 0, 1, 0}, y);
    CHECK(y == Floats{0, 0, 2, 0});
}

TEST_CASE("a NaN stays in its token", "[rms_norm]") {
    const RmsNorm norm(Floats(9, 1.0f), 1e-5f);
    Floats x(18, 1.0f);
    x[4] = std::numeric_limits<float>::quiet_NaN();
    norm(x, x);
    for (std::size_t i = 0; i < 18; ++i)
        CHECK(std::isnan(x[i]) == (i < 9));
}

TEST_CASE("RmsNorm refuses what it can't normalise", "[rms_norm]") {
    CHECK_THROWS_MATCHES(RmsNorm(Floats{}, 1e-5f), std::invalid_argument,
                         MessageMatches(ContainsSubstring("0 weights")));
    for (const float eps : {0.0f, -1.0f, std::numeric_limits<float>::quiet_NaN()})
        CHECK_THROWS_MATCHES(RmsNorm(Floats(4, 1.0f), eps), std::invalid_argument,
                             MessageMatches(ContainsSubstring("4 weights") && ContainsSubstring("eps")));
    const RmsNorm norm(Floats(4, 1.0f), 1e-5f);
    const auto refused = [&](std::size_t in, std::size_t out) {
        const Floats x(in, 1.0f);
        Floats y(out, 9.0f);
        CHECK_THROWS_MATCHES(norm(x, y), std::invalid_argument,
                             MessageMatches(ContainsSubstring("4 channels") && ContainsSubstring(std::to_string(in)) &&
                                            ContainsSubstring(std::to_string(out))));
        CHECK(y == Floats(out, 9.0f));
    };
    refused(5, 5);
    refused(8, 4);
    refused(4, 8);
}

}  // namespace
