#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <stdexcept>
#include <ternion/nn/straight_through.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "gradient_oracle.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;
using Floats = std::vector<float>;

double dot(const Floats& a, const Floats& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

TEST_CASE("linear_backward adds both gradients, of any shape", "[straight_through]") {
    for (const auto& [m, n, k] : {std::array<std::size_t, 3>{1, 1, 1}, {3, 7, 33}, {17, 31, 129}, {64, 48, 16}}) {
        INFO(m << " tokens, " << n << " x " << k);
        const auto x = test::random_floats(m * k, 1), w = test::random_floats(n * k, 2),
                   dy = test::random_floats(m * n, 3);
        Floats dx = test::random_floats(m * k, 4), dw = test::random_floats(n * k, 5);
        Floats expected_dx = dx, expected_dw = dw;
        test::naive_linear_backward(x, w, dy, m, expected_dx, expected_dw);
        linear_backward(x, w, dy, m, dx, dw);
        CHECK(test::close(dx, expected_dx, 1e-5));
        CHECK(test::close(dw, expected_dw, 1e-5));
        const Floats before = dx;
        linear_backward(x, w, dy, m, {}, dw);
        linear_backward(x, w, dy, m, {}, {});
        CHECK(dx == before);
    }
    Floats four(4), six(6);
    CHECK_THROWS_AS(linear_backward(four, six, four, 2, {}, {}), std::invalid_argument);
    CHECK_THROWS_AS(linear_backward(four, six, six, 2, four, four), std::invalid_argument);
}

TEST_CASE("rms_norm_backward agrees with differences of the norm", "[straight_through]") {
    for (const std::size_t channels : {1, 2, 9, 64, 130}) {
        INFO(channels << " channels");
        constexpr std::size_t tokens = 3;
        const auto weight = test::random_floats(channels, 1, 2), x = test::random_floats(tokens * channels, 2),
                   dy = test::random_floats(tokens * channels, 3);
        const float eps = 0.1f;
        const RmsNorm norm(weight, eps);
        Floats dx(x.size()), dweight(channels);
        rms_norm_backward(norm, x, dy, dx, dweight);

        // The norm once more in double, so that small steps can be taken.
        const auto value = [&](const auto& at, const auto& of) {
            double sum = 0;
            for (std::size_t t = 0; t < tokens; ++t) {
                double squares = 0;
                for (std::size_t i = 0; i < channels; ++i)
                    squares += std::pow(static_cast<double>(at[t * channels + i]), 2);
                const double factor = 1 / std::sqrt(squares / static_cast<double>(channels) + static_cast<double>(eps));
                for (std::size_t i = 0; i < channels; ++i)
                    sum += static_cast<double>(at[t * channels + i]) * factor * static_cast<double>(of[i]) *
                           static_cast<double>(dy[t * channels + i]);
            }
            return sum;
        };
        CHECK(test::close(dx, test::differences(x, [&](const auto& at) { return value(at, weight); }), 1e-5));
        CHECK(test::close(dweight, test::differences(weight, [&](const auto& of) { return value(x, of); }), 1e-5));
    }
    // Values whose squares no float holds.
    Floats large{1e20f, 2e20f}, dy{1, 1}, dweight(2), y(2);
    const RmsNorm plain(Floats(2, 1.0f), 1e-5f);
    rms_norm_backward(plain, large, dy, {}, dweight);
    plain(large, y);
    CHECK(test::close(dweight, y, 1e-6));

    const RmsNorm norm(Floats(4, 1.0f), 1e-5f);
    Floats four(4), six(6);
    CHECK_THROWS_AS(rms_norm_backward(norm, six, six, six, {}), std::invalid_argument);
    CHECK_THROWS_AS(rms_norm_backward(norm, four, six, four, {}), std::invalid_argument);
    CHECK_THROWS_AS(rms_norm_backward(norm, four, four, four, six), std::invalid_argument);
}

TEST_CASE("layer_norm_backward agrees with differences of the norm", "[straight_through]") {
    for (const std::size_t channels : {1, 2, 9, 64, 130}) {
        INFO(channels << " channels");
        constexpr std::size_t tokens = 3;
        const float eps = 0.1f;
        Floats x = test::random_floats(tokens * channels, 2);
        for (auto& value : x)
            value += 3;
        const Floats dy = test::random_floats(tokens * channels, 3), before = test::random_floats(x.size(), 4);
        Floats dx = before;
        layer_norm_backward(LayerNorm(channels, eps), x, dy, dx);
        Floats expected = test::differences(x, [&](const std::vector<double>& at) {
            double result = 0;
            const auto count = static_cast<double>(channels);
            for (std::size_t t = 0; t < tokens; ++t) {
                const double* token = at.data() + t * channels;
                double sum = 0, squares = 0;
                for (std::size_t i = 0; i < channels; ++i)
                    sum += token[i];
                for (std::size_t i = 0; i < channels; ++i)
                    squares += (token[i] - sum / count) * (token[i] - sum / count);
                const double factor = 1 / std::sqrt(squares / count + static_cast<double>(eps));
                for (std::size_t i = 0; i < channels; ++i)
                    result += (token[i] - sum / count) * factor * static_cast<double>(dy[t * channels + i]);
            }
            return result;
        });
        for (std::size_t i = 0; i < x.size(); ++i)
            expected[i] += before[i];
        CHECK(test::close(dx, expected, 1e-5));
    }
    const LayerNorm norm(4, 1e-5f);
    Floats four(4), six(6);
    CHECK_THROWS_AS(layer_norm_backward(norm, six, six, six), std::invalid_argument);
    CHECK_THROWS_AS(layer_norm_backward(norm, four, six, four), std::invalid_argument);
    CHECK_THROWS_AS(layer_norm_backward(norm, four, four, six), std::invalid_argument);
    CHECK_THROWS_AS(norm_backward(norm, four, four, four, four), std::invalid_argument);
    CHECK_THROWS_AS(norm_backward(NoNorm{}, four, four, four, four), std::invalid_argument);
    CHECK_THROWS_AS(norm_backward(NoNorm{}, four, four, six, {}), std::invalid_argument);
}

/// A layer and what comes in and goes back.
template <class Norm>
struct Case {
    static constexpr std::size_t m = 5, n = 19, k = 70;

    explicit Case(Norm norm) : layer(pack<Interleaved2x16>(test::random_floats(n * k, 1), n, k), std::move(norm)) {}

    BitLinear<PackedTernary<Interleaved2x16>, Absmax<8>, Norm> layer;
    BitLinearWorkspace workspace;
    Floats x = test::random_floats(m * k, 2), dy = test::random_floats(m * n, 3);
    Floats dx = Floats(m * k), dw = Floats(n * k), dnorm = Floats(k);
};

TEST_CASE("backward of a BitLinear takes the quantizers' derivatives for one", "[straight_through]") {
    Case<NoNorm> c{NoNorm{}};
    backward(c.layer, c.x, c.m, c.dy, {c.dx, c.dw, {}}, c.workspace);
    // The layer is linear in its dequantised weights and inputs: the gradients there are exact.
    Floats w(c.n * c.k), inputs(c.m * c.k), y(c.m * c.n);
    dequantize(c.layer.weights(), w);
    c.layer.forward(c.x, c.m, y, c.workspace);
    dequantize(c.workspace.activations, inputs);
    CHECK(std::fabs(dot(c.dx, inputs) - dot(c.dy, y)) < 1e-3);
    CHECK(std::fabs(dot(c.dw, w) - dot(c.dy, y)) < 1e-3);
    Floats dx(c.dx.size()), dw(c.dw.size());
    test::naive_linear_backward(inputs, w, c.dy, c.m, dx, dw);
    CHECK(test::close(c.dx, dx, 1e-5));
    CHECK(test::close(c.dw, dw, 1e-5));
}

TEST_CASE("backward of a BitLinear goes through its norm", "[straight_through]") {
    Case<RmsNorm> c{RmsNorm(test::random_floats(Case<RmsNorm>::k, 7, 2), 1e-5f)};
    backward(c.layer, c.x, c.m, c.dy, {c.dx, c.dw, c.dnorm}, c.workspace);
    Floats w(c.n * c.k), inputs(c.m * c.k), dnormed(c.m * c.k), dw(c.n * c.k), dx(c.m * c.k), dnorm(c.k);
    dequantize(c.layer.weights(), w);
    dequantize(c.workspace.activations, inputs);
    test::naive_linear_backward(inputs, w, c.dy, c.m, dnormed, dw);
    rms_norm_backward(c.layer.norm(), c.x, dnormed, dx, dnorm);
    CHECK(test::close(c.dw, dw, 1e-5));
    CHECK(test::close(c.dx, dx, 1e-5));
    CHECK(test::close(c.dnorm, dnorm, 1e-5));

    Floats alone(c.k);
    backward(c.layer, c.x, c.m, c.dy, {{}, {}, alone}, c.workspace);
    CHECK(alone == c.dnorm);
}

}  // namespace
