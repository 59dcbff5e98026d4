#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <limits>
#include <ternion/ternion.hpp>
#include <vector>

#include "random_data.hpp"

namespace {

using namespace ternion;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

std::vector<std::int8_t> trits_of(const std::vector<float>& w, float& gamma) {
    std::vector<std::int8_t> trits(w.size(), 9);
    gamma = absmean_quantize(w, trits);
    return trits;
}

TEST_CASE("absmean agrees with the formula in double", "[absmean]") {
    for (const std::size_t count : {1, 2, 7, 64, 1000, 4097}) {
        for (const float size : {1e-8f, 1e-5f, 0.02f, 1.0f, 1e20f}) {
            const auto w = test::random_floats(count, count, size);
            float gamma = 0;
            const auto trits = trits_of(w, gamma);
            double sum = 0;
            for (const float value : w)
                sum += std::fabs(static_cast<double>(value));
            const double mean = std::max(sum / static_cast<double>(count), 1e-5);
            INFO(count << " weights up to " << size);
            CHECK_THAT(static_cast<double>(gamma), Catch::Matchers::WithinRel(mean, 1e-7));
            std::size_t right = 0;
            for (std::size_t i = 0; i < count; ++i) {
                const double ratio = static_cast<double>(w[i]) / static_cast<double>(gamma);
                const double expected = std::clamp(std::nearbyint(ratio), -1.0, 1.0);
                // Next to a tie the float division may round on to it.
                right += trits[i] == expected || std::fabs(std::fabs(ratio) - 0.5) < 1e-7;
            }
            CHECK(right == count);
        }
    }
}

TEST_CASE("half of gamma is a tie and goes to 0", "[absmean]") {
    // The mean of |w| is 1: w is the ratio.
    const float above = std::nextafter(0.5f, 1.0f);
    const std::vector<float> w{0.5f, -0.5f, above, -above, 0.25f, 1.5f, -1.5f, 100.0f, -0.0f};
    double sum = 0;
    for (const float value : w)
        sum += std::fabs(static_cast<double>(value));
    auto padded = w;
    // Weights of 0 lower the mean to exactly 1 where their number is sum - count; here they are one short of that.
    const float rest = static_cast<float>(std::ceil(sum) - sum);
    padded.push_back(rest);
    while (static_cast<double>(padded.size()) < std::ceil(sum))
        padded.push_back(0);
    float gamma = 0;
    const auto trits = trits_of(padded, gamma);
    REQUIRE(gamma == 1.0f);
    CHECK(std::vector<std::int8_t>(trits.begin(), trits.begin() + 9) ==
          std::vector<std::int8_t>{0, 0, 1, -1, 0, 1, -1, 1, 0});
}

TEST_CASE("weights of zero give trits of zero and the least gamma", "[absmean]") {
    float gamma = 0;
    CHECK(trits_of({0, -0.0f, 0}, gamma) == std::vector<std::int8_t>{0, 0, 0});
    CHECK(gamma == 1e-5f);
    CHECK(trits_of({1e-30f, -1e-45f}, gamma) == std::vector<std::int8_t>{0, 0});
    CHECK(gamma == 1e-5f);
    CHECK(trits_of({-3.0f}, gamma) == std::vector<std::int8_t>{-1});
    CHECK(gamma == 3.0f);
}

TEST_CASE("the largest weights don't overflow the mean", "[absmean]") {
    constexpr float largest = std::numeric_limits<float>::max();
    float gamma = 0;
    CHECK(trits_of({largest, -largest, largest}, gamma) == std::vector<std::int8_t>{1, -1, 1});
    CHECK(gamma == largest);
}

TEST_CASE("absmean refuses what has no mean", "[absmean]") {
    std::vector<std::int8_t> trits(3, 9);
    const auto refused = [&](const std::vector<float>& w, const std::string& found) {
        CHECK_THROWS_MATCHES(absmean_quantize(w, trits), std::invalid_argument,
                             MessageMatches(ContainsSubstring("absmean_quantize") && ContainsSubstring(found)));
        CHECK(trits == std::vector<std::int8_t>(3, 9));
    };
    refused({}, "0 weights, room for 3");
    refused({1, 2}, "2 weights, room for 3");
    refused({1, 2, 3, 4}, "4 weights, room for 3");
    refused({1, std::numeric_limits<float>::quiet_NaN(), 2}, "not finite");
    refused({1, 2, std::numeric_limits<float>::infinity()}, "not finite");
    refused({-std::numeric_limits<float>::infinity(), std::numeric_limits<float>::infinity(), 0}, "not finite");
    std::vector<std::int8_t> none;
    CHECK_THROWS_AS(absmean_quantize({}, none), std::invalid_argument);
}

}  // namespace
