#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <ternion/ternion.hpp>
#include <vector>

#include "activation_oracle.hpp"
#include "random_data.hpp"
#include "test_executor.hpp"

namespace {

using namespace ternion;
using Floats = std::vector<float>;

std::vector<double> oracle(const Floats& x, double eps) {
    double sum = 0, squares = 0;
    for (const float value : x)
        sum += static_cast<double>(value);
    const double mean = sum / static_cast<double>(x.size());
    for (const float value : x)
        squares += (static_cast<double>(value) - mean) * (static_cast<double>(value) - mean);
    std::vector<double> y;
    for (const float value : x)
        y.push_back((static_cast<double>(value) - mean) / std::sqrt(squares / static_cast<double>(x.size()) + eps));
    return y;
}

TEST_CASE("LayerNorm is its formula, in place and on threads", "[layer_norm]") {
    for (const std::size_t n : {1, 2, 31, 33, 100, 2560}) {
        Floats x = test::random_floats(3 * n, n, 4);
        for (auto& value : x)
            value += 7;
        Floats y(3 * n), threaded(3 * n);
        const LayerNorm norm(n, 1e-5f);
        norm(x, y);
        norm(x, threaded, test::ThreadPool(3));
        CHECK(threaded == y);
        for (std::size_t m = 0; m < 3; ++m) {
            const auto begin = x.begin() + static_cast<std::ptrdiff_t>(m * n);
            const auto expected = oracle(Floats(begin, begin + static_cast<std::ptrdiff_t>(n)), 1e-5f);
            std::size_t right = 0;
            for (std::size_t i = 0; i < n; ++i)
                right += std::fabs(static_cast<double>(y[m * n + i]) - expected[i]) < 1e-6;
            CHECK(right == n);
        }
        norm(x, x);
        CHECK(x == y);
    }
}

TEST_CASE("LayerNorm refuses what it can't normalise", "[layer_norm]") {
    CHECK_THROWS_AS(LayerNorm(0, 1e-5f), std::invalid_argument);
    CHECK_THROWS_AS(LayerNorm(4, 0.0f), std::invalid_argument);
    const LayerNorm norm(4, 1e-5f);
    Floats x(9), y(9);
    CHECK_THROWS_AS(norm(x, y), std::invalid_argument);
}

TEST_CASE("BitNet v1 is an instance of BitLinear", "[layer_norm]") {
    const std::size_t n = 9, k = 130;
    const Floats w = test::random_floats(n * k, 1, 0.05f), x = test::random_floats(k, 2, 3);
    std::vector<std::int8_t> trits(n * k);
    const float alpha = sign_quantize(w, trits, Centring::mean);
    const BitLinear<PackedTernary<Binary>, Absmax<8, 128>, LayerNorm> layer(pack<Binary>(trits, n, k, alpha),
                                                                            LayerNorm(k, 1e-5f));
    BitLinearWorkspace workspace;
    Floats y(n);
    layer.forward(x, 1, y, workspace);
    const auto normed = oracle(x, 1e-5f);
    const auto token = test::exact_v1(Floats(normed.begin(), normed.end()), 8);
    for (std::size_t row = 0; row < n; ++row) {
        double sum = 0;
        for (std::size_t i = 0; i < k; ++i)
            sum += trits[row * k + i] * token.q[i];
        const double exact = sum * static_cast<double>(alpha) * token.scale;
        CHECK(std::fabs(static_cast<double>(y[row]) - exact) < 2e-5 + 1e-5 * std::fabs(exact));
    }
}

}  // namespace
