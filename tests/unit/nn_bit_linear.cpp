#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <ternion/ternion.hpp>
#include <thread>
#include <vector>

#include "packing_kinds.hpp"
#include "random_data.hpp"
#include "test_executor.hpp"

namespace {

using namespace ternion;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;
using Floats = std::vector<float>;

constexpr std::size_t n = 37, k = 90, m = 5;

template <class P>
PackedTernary<P> weights() {
    return pack<P>(test::random_trits(n * k, 1), n, k, 0.21f);
}

RmsNorm norm() {
    return RmsNorm(test::random_floats(k, 2, 2), 1e-5f);
}

/// The layer's steps one by one: norm, quantise, multiply.
template <class Policy, class P>
Floats step_by_step(const PackedTernary<P>& w, const RmsNorm* before, Floats x) {
    if (before != nullptr) (*before)(x, x);
    QuantizedActivations q;
    quantize(Policy{}, x, m, k, q);
    Floats y(m * n);
    gemm(w, q, std::span(y));
    return y;
}

TEST_CASE("BitLinear is its steps", "[bit_linear]") {
    std::size_t packings = 0;
    for_each_type(test::packing_kinds{}, [&]<class P>(std::type_identity<P>) {
        INFO(P::name);
        const auto x = test::random_floats(m * k, 3, 7);
        const auto before = norm();
        BitLinearWorkspace workspace;
        Floats y(m * n, -1);

        const BitLinear<PackedTernary<P>> plain(weights<P>());
        CHECK((plain.inputs() == k && plain.outputs() == n));
        CHECK(plain.weights() == weights<P>());
        plain.forward(x, m, y, workspace);
        CHECK(y == step_by_step<Absmax<8>>(weights<P>(), nullptr, x));

        const BitLinear<PackedTernary<P>, Absmax<8>, RmsNorm> normed(weights<P>(), norm());
        CHECK(normed.norm().channels() == k);
        normed.forward(x, m, y, workspace);
        CHECK(y == step_by_step<Absmax<8>>(weights<P>(), &before, x));

        const BitLinear<PackedTernary<P>, Absmax<4>, RmsNorm> coarse(weights<P>(), norm());
        const auto eight_bits = y;
        typename BitLinear<PackedTernary<P>, Absmax<4>, RmsNorm>::Workspace of_four_bits;
        coarse.forward(x, m, y, of_four_bits);
        CHECK(y == step_by_step<Absmax<4>>(weights<P>(), &before, x));
        CHECK(y != eight_bits);
        ++packings;
    });
    CHECK(packings == test::packing_kinds::size);
}

TEST_CASE("BitLinear gives the same bits on every arch and executor", "[bit_linear]") {
    const auto x = test::random_floats(m * k, 4, 7);
    BitLinearWorkspace workspace;
    Floats expected(m * n);
    const BitLinear<PackedTernary<Int8>, Absmax<8>, RmsNorm, Scalar> scalar(weights<Int8>(), norm());
    scalar.forward(x, m, expected, workspace);
    std::size_t archs = 0;
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        INFO(backend_of<Arch>::name);
        const BitLinear<PackedTernary<Int8>, Absmax<8>, RmsNorm, Arch> layer(weights<Int8>(), norm());
        Floats y(m * n, -1);
        layer.forward(x, m, y, workspace);
        CHECK(y == expected);
        for (const std::size_t threads : {2, 3, 80}) {
            y.assign(m * n, -1);
            layer.forward(x, m, y, workspace, test::ThreadPool(threads));
            CHECK(y == expected);
        }
        ++archs;
    });
    CHECK(archs == all_archs::size);
}

TEST_CASE("forward_add adds the layer's result to what is there", "[bit_linear]") {
    const BitLinear<PackedTernary<Interleaved2x16>, Absmax<8>, RmsNorm> layer(weights<Interleaved2x16>(), norm());
    const auto x = test::random_floats(m * k, 5, 7);
    const auto residual = test::random_floats(m * n, 6, 100);
    BitLinearWorkspace workspace;
    Floats product(m * n), y = residual;
    layer.forward(x, m, product, workspace);
    layer.forward_add(x, m, y, workspace, test::ThreadPool(2));
    std::size_t close = 0;
    for (std::size_t i = 0; i < m * n; ++i) {
        // The product may be fused with the addition, and is then not rounded before it.
        const double exact = static_cast<double>(product[i]) + static_cast<double>(residual[i]);
        const double allowed = 0x1p-24 * (std::fabs(static_cast<double>(product[i])) + std::fabs(exact));
        close += std::fabs(static_cast<double>(y[i]) - exact) <= allowed;
    }
    CHECK(close == m * n);
    CHECK(y != residual);
}

TEST_CASE("layers share activations that one of them has prepared", "[bit_linear]") {
    const BitLinear<PackedTernary<I2S>, Absmax<8>, RmsNorm> first(weights<I2S>(), norm());
    const BitLinear<PackedTernary<Int8>> second(pack<Int8>(test::random_trits(8 * k, 7), 8, k));
    const auto x = test::random_floats(m * k, 8, 7);
    BitLinearWorkspace workspace, other;
    Floats expected(m * n), y(m * n), y2(m * 8), expected2(m * 8);
    first.forward(x, m, expected, other);
    first.prepare(x, m, workspace);
    first.forward(workspace.activations, y);
    CHECK(y == expected);
    second.forward(workspace.activations, y2);
    auto normed = x;
    norm()(normed, normed);
    second.forward(normed, m, expected2, other);
    CHECK(y2 == expected2);
}

TEST_CASE("one workspace serves layers of different sizes", "[bit_linear]") {
    const BitLinear<PackedTernary<Int8>> large(weights<Int8>());
    const BitLinear<PackedTernary<Int8>, Absmax<8>, RmsNorm> small(pack<Int8>(test::random_trits(6, 9), 2, 3),
                                                                   RmsNorm(Floats(3, 1.0f), 1e-5f));
    const auto x = test::random_floats(m * k, 10, 7);
    BitLinearWorkspace shared;
    for (int repeat = 0; repeat < 2; ++repeat) {
        BitLinearWorkspace fresh;
        Floats y(m * n), expected(m * n), y2(8), expected2(8);
        large.forward(x, m, y, shared);
        large.forward(x, m, expected, fresh);
        CHECK(y == expected);
        small.forward(std::span(x).first(12), 4, y2, shared);
        small.forward(std::span(x).first(12), 4, expected2, fresh);
        CHECK(y2 == expected2);
    }
}

TEST_CASE("one layer serves many callers at once", "[bit_linear][threads]") {
    const BitLinear<PackedTernary<Interleaved2x16>, Absmax<8>, RmsNorm> layer(weights<Interleaved2x16>(), norm());
    const auto x = test::random_floats(m * k, 11, 7);
    BitLinearWorkspace workspace;
    Floats expected(m * n);
    layer.forward(x, m, expected, workspace);
    std::vector<Floats> results(4, Floats(m * n));
    std::vector<std::thread> callers;
    for (auto& y : results) {
        callers.emplace_back([&] {
            BitLinearWorkspace own;
            for (int repeat = 0; repeat < 5; ++repeat)
                layer.forward(x, m, y, own);
        });
    }
    for (auto& caller : callers)
        caller.join();
    for (const auto& y : results)
        CHECK(y == expected);
}

TEST_CASE("BitLinear refuses sizes that don't match", "[bit_linear]") {
    using Normed = BitLinear<PackedTernary<Int8>, Absmax<8>, RmsNorm>;
    CHECK_THROWS_MATCHES(Normed(weights<Int8>(), RmsNorm(Floats(k + 1, 1.0f), 1e-5f)), std::invalid_argument,
                         MessageMatches(ContainsSubstring("91 channels") && ContainsSubstring("90 inputs")));
    const BitLinear<PackedTernary<Int8>> layer(weights<Int8>());
    const auto x = test::random_floats(m * k, 12);
    Floats y(m * n);
    BitLinearWorkspace workspace;
    const auto refused = [](auto&& call, std::size_t expected, std::size_t found) {
        CHECK_THROWS_MATCHES(
            call(), std::invalid_argument,
            MessageMatches(ContainsSubstring(std::to_string(expected)) && ContainsSubstring(std::to_string(found))));
    };
    const auto short_x = std::span(x).first(m * k - 1);
    const auto short_y = std::span(y).first(m * n - 1);
    refused([&] { layer.forward(short_x, m, y, workspace); }, m * k, m * k - 1);
    refused([&] { layer.forward(x, m, short_y, workspace); }, m * n, m * n - 1);
    refused([&] { layer.forward_add(short_x, m, y, workspace); }, m * k, m * k - 1);
    refused([&] { layer.forward_add(x, m, short_y, workspace); }, m * n, m * n - 1);
    refused([&] { layer.forward(x, m - 1, y, workspace); }, (m - 1) * k, m * k);
}

}  // namespace
