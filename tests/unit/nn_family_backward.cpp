// The backward pass of a BitLinear of every policy and norm: gradients are naive sums over the dequantised values that
// the forward pass used, which are those that it multiplied.

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <ternion/nn/straight_through.hpp>
#include <ternion/ternion.hpp>
#include <type_traits>
#include <vector>

#include "activation_oracle.hpp"
#include "family_policies.hpp"
#include "gradient_oracle.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;
using Floats = std::vector<float>;

constexpr std::size_t tokens = 4, outputs = 11, inputs = 176;

/// Some values large and some zero, as activations have them.
Floats sample() {
    Floats x = test::random_floats(tokens * inputs, 2);
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (i % 50 == 7) x[i] *= 20;
        if (i % 12 < 4) x[i] = 0;
    }
    return x;
}

template <class Norm>
Norm make_norm() {
    if constexpr (std::is_same_v<Norm, RmsNorm>) return RmsNorm(test::random_floats(inputs, 7, 2), 1e-5f);
    if constexpr (std::is_same_v<Norm, LayerNorm>) return LayerNorm(inputs, 1e-5f);
    if constexpr (std::is_same_v<Norm, NoNorm>) return NoNorm{};
}

/// y = Ŵ · X̂ in double, to the rounding of a float product.
void check_product(const Floats& y, const Floats& x, const Floats& w) {
    for (std::size_t i = 0; i < y.size(); ++i) {
        double sum = 0, magnitude = 0;
        for (std::size_t k = 0; k < inputs; ++k) {
            const double product =
                static_cast<double>(x[i / outputs * inputs + k]) * static_cast<double>(w[i % outputs * inputs + k]);
            sum += product;
            magnitude += std::fabs(product);
        }
        if (!(std::fabs(static_cast<double>(y[i]) - sum) <= 1e-6 * magnitude)) FAIL_CHECK("y[" << i << "]");
    }
}

/// The gradient of a policy's input from that of what it quantises: the same, but for the rotation.
template <class Policy>
Floats before_policy(Policy, const Floats& d) {
    return d;
}
template <class Inner>
Floats before_policy(Hadamard<Inner>, const Floats& d) {
    return test::exact_rotation(d, hadamard_block(inputs));
}

template <class Policy, class Norm>
void check_backward() {
    using Layer = BitLinear<PackedTernary<BitPlanes>, Policy, Norm>;
    const Layer layer(pack<BitPlanes>(test::random_floats(outputs * inputs, 1), outputs, inputs), make_norm<Norm>());
    typename Layer::Workspace workspace, other;
    const Floats x = sample(), dy = test::random_floats(tokens * outputs, 3);
    Floats y(tokens * outputs), quantised(x.size()), w(outputs * inputs);
    layer.forward(x, tokens, y, workspace);
    dequantize(workspace.activations, quantised);
    dequantize(layer.weights(), w);
    check_product(y, quantised, w);

    Floats d(x.size()), expected_dw = test::random_floats(w.size(), 4), expected_dx = test::random_floats(x.size(), 5);
    Floats dw = expected_dw, dx = expected_dx;
    Floats dnorm(std::is_same_v<Norm, RmsNorm> ? inputs : 0), expected_dnorm = dnorm;
    test::naive_linear_backward(quantised, w, dy, tokens, d, expected_dw);
    d = before_policy(Policy{}, d);
    if constexpr (std::is_same_v<Norm, NoNorm>) {
        for (std::size_t i = 0; i < d.size(); ++i)
            expected_dx[i] += d[i];
    } else {  // which nn_straight_through.cpp compares with differences
        norm_backward(layer.norm(), x, d, expected_dx, expected_dnorm);
    }
    backward(layer, x, tokens, dy, {dx, dw, dnorm}, other);
    CHECK(test::close(dw, expected_dw, 1e-5));
    CHECK(test::close(dx, expected_dx, 1e-5));
    CHECK(test::close(dnorm, expected_dnorm, 1e-5));

    Floats alone = test::random_floats(w.size(), 4);
    backward(layer, x, tokens, dy, {{}, alone, {}}, other);
    CHECK(alone == dw);
}

TEST_CASE("backward of every policy, without a norm and behind each", "[straight_through][family]") {
    std::size_t policies = 0;
    const auto check = [&]<class Policy>(const test::Named<Policy>& named) {
        INFO(named.name);
        check_backward<Policy, NoNorm>();
        check_backward<Policy, RmsNorm>();
        check_backward<Policy, LayerNorm>();
        ++policies;
    };
    std::apply([&](const auto&... named) { (check(named), ...); }, test::family_policies);
    CHECK(policies == test::policy_count);
}

TEST_CASE("Hadamard's gradient agrees with differences of W · H x", "[straight_through][family]") {
    using Layer = BitLinear<PackedTernary<BitPlanes>, Hadamard<Absmax<8>>>;
    const Layer layer(pack<BitPlanes>(test::random_floats(outputs * inputs, 1), outputs, inputs));
    const Floats x = sample(), dy = test::random_floats(tokens * outputs, 3);
    Floats w(outputs * inputs), dx(x.size());
    dequantize(layer.weights(), w);
    Layer::Workspace workspace;
    backward(layer, x, tokens, dy, {dx, {}, {}}, workspace);
    // The map is linear, so steps may be large, and floats do.
    const auto value = [&](const std::vector<double>& at) {
        double sum = 0;
        for (std::size_t m = 0; m < tokens; ++m) {
            Floats token(at.begin() + static_cast<std::ptrdiff_t>(m * inputs),
                         at.begin() + static_cast<std::ptrdiff_t>((m + 1) * inputs));
            hadamard_transform(token.data(), inputs, token.data());
            for (std::size_t i = 0; i < outputs * inputs; ++i)
                sum +=
                    static_cast<double>(dy[m * outputs + i / inputs] * w[i]) * static_cast<double>(token[i % inputs]);
        }
        return sum;
    };
    CHECK(test::close(dx, test::differences(x, value, 8), 1e-5));
}

TEST_CASE("dequantize asks for room for every value of any activations", "[straight_through][family]") {
    Floats x(2 * 70, 1.0f), room(2 * 70 - 1);
    const auto check = [&]<class Policy>(Policy policy) {
        ActivationsOf<Policy> activations;
        quantize(policy, x, 2, 70, activations);
        CHECK_THROWS_AS(dequantize(activations, room), std::invalid_argument);
        CHECK(dequantize(activations).rows() == 2);
    };
    check(Absmax<8>{});
    check(AbsmeanInt4{});
    check(Sign{});
    check(SplitOutliers<5, 64>{});
    check(Hadamard<Absmax<4>>{});
}

}  // namespace
