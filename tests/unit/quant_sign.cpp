#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
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
using Trits = std::vector<std::int8_t>;

struct Signs {
    Trits trits;
    float alpha;

    friend bool operator==(const Signs&, const Signs&) = default;
};

Signs signs_of(const std::vector<float>& w, Centring centring = Centring::none) {
    Signs signs{Trits(w.size(), 9), -1};
    signs.alpha = sign_quantize(w, signs.trits, centring);
    return signs;
}

/// The formula, in double: alpha = mean |w|, trit = sign(w - centre).
Signs oracle(const std::vector<float>& w, Centring centring) {
    double sum = 0, magnitudes = 0;
    for (const float value : w) {
        sum += static_cast<double>(value);
        magnitudes += std::fabs(static_cast<double>(value));
    }
    const auto count = static_cast<double>(w.size());
    Signs signs{Trits(w.size()), static_cast<float>(magnitudes / count)};
    for (std::size_t i = 0; i < w.size(); ++i) {
        const double centred = static_cast<double>(w[i]) - (centring == Centring::mean ? sum / count : 0);
        signs.trits[i] = std::signbit(centred) && centred != 0 ? std::int8_t{-1} : std::int8_t{1};
    }
    return signs;
}

TEST_CASE("sign agrees with the formula in double, plain and centred", "[sign]") {
    for (const std::size_t count : {1, 2, 7, 64, 1000, 4097}) {
        for (const float size : {1e-20f, 0.02f, 1.0f, 1e20f}) {
            for (const float shift : {0.0f, 0.25f, -3.0f}) {
                auto w = test::random_floats(count, count, size);
                for (auto& value : w)
                    value += shift * size;
                INFO(count << " weights up to " << size << " and " << shift);
                CHECK(signs_of(w) == oracle(w, Centring::none));
                CHECK(signs_of(w, Centring::mean) == oracle(w, Centring::mean));
            }
        }
    }
}

TEST_CASE("a weight of zero, or of the mean, counts as +1", "[sign]") {
    CHECK(signs_of({0, -0.0f, 3, -3}) == Signs{{1, 1, 1, -1}, 1.5f});
    CHECK(signs_of({5, 1, 3, 3}, Centring::mean) == Signs{{1, -1, 1, 1}, 3});
    CHECK(signs_of({-5, -1, -3, std::nextafter(-3.0f, -4.0f)}, Centring::mean).trits == Trits{-1, 1, 1, -1});
    CHECK(signs_of({-2}, Centring::mean) == Signs{{1}, 2});
}

TEST_CASE("centring moves the border, not the scale", "[sign]") {
    const std::vector<float> w{1, 2, 3, 6};
    CHECK(signs_of(w) == Signs{{1, 1, 1, 1}, 3});
    CHECK(signs_of(w, Centring::mean) == Signs{{-1, -1, 1, 1}, 3});
}

TEST_CASE("a multiple of the weights has the same signs, and that multiple of the scale", "[sign]") {
    const auto w = test::random_floats(999, 4, 0.02f);
    auto larger = w;
    for (auto& value : larger)
        value *= 1024;
    for (const auto centring : {Centring::none, Centring::mean}) {
        CHECK(signs_of(larger, centring).trits == signs_of(w, centring).trits);
        CHECK(signs_of(larger, centring).alpha == signs_of(w, centring).alpha * 1024);
    }
}

TEST_CASE("weights of zero give +1 and the least scale; the largest don't overflow", "[sign]") {
    for (const auto centring : {Centring::none, Centring::mean})
        CHECK(signs_of({0, -0.0f, 0}, centring) == Signs{{1, 1, 1}, std::numeric_limits<float>::min()});
    constexpr float largest = std::numeric_limits<float>::max();
    CHECK(signs_of({largest, -largest, largest}) == Signs{{1, -1, 1}, largest});
    CHECK(signs_of({largest, largest, -largest}, Centring::mean) == Signs{{1, 1, -1}, largest});
}

TEST_CASE("Binary holds what sign_quantize makes", "[sign]") {
    const auto signs = signs_of(test::random_floats(6 * 70, 8, 0.02f), Centring::mean);
    const auto packed = pack<Binary>(signs.trits, 6, 70, signs.alpha);
    Trits trits(signs.trits.size());
    packed.unpack(trits);
    CHECK(trits == signs.trits);
    CHECK(packed.scale() == signs.alpha);
    CHECK_NOTHROW(pack<Binary>(signs_of({0, 0}).trits, 1, 2, signs_of({0, 0}).alpha));
}

TEST_CASE("sign refuses what has no mean", "[sign]") {
    Trits trits(3, 9);
    const auto refused = [&](const std::vector<float>& w, const std::string& found) {
        CHECK_THROWS_MATCHES(sign_quantize(w, trits), std::invalid_argument,
                             MessageMatches(ContainsSubstring("sign_quantize") && ContainsSubstring(found)));
        CHECK(trits == Trits(3, 9));
    };
    refused({}, "0 weights, room for 3");
    refused({1, 2}, "2 weights, room for 3");
    refused({1, 2, 3, 4}, "4 weights, room for 3");
    refused({1, std::numeric_limits<float>::quiet_NaN(), 2}, "not finite");
    refused({1, 2, -std::numeric_limits<float>::infinity()}, "not finite");
    refused({std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(), 0}, "not finite");
}

}  // namespace
