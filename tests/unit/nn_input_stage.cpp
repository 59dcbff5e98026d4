// Layers that share an input: one stage prepares it, one parallel region multiplies it.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <cstddef>
#include <span>
#include <ternion/ternion.hpp>
#include <vector>

#include "random_data.hpp"
#include "test_executor.hpp"

using namespace ternion;

namespace {

using Floats = std::vector<float>;
constexpr std::size_t k = 90;

RmsNorm norm() {
    return {test::random_floats(k, 4), 1e-5f};
}

template <Packing P>
auto layer(std::size_t n, std::uint64_t seed) {
    return BitLinear(pack<P>(test::random_trits(n * k, seed), n, k, 0.5f));
}

TEST_CASE("a stage prepares what each layer with the norm would prepare for itself", "[input_stage]") {
    const InputStage<RmsNorm> stage(norm());
    for (const std::size_t m : {0, 1, 7, 8, 9, 50}) {
        const Floats x = test::random_floats(m * k, 5, 7);
        const BitLinear own(pack<I2S>(test::random_trits(11 * k, 1), 11, k, 0.5f), norm());
        BitLinearWorkspace workspace, other;
        Floats expected(m * 11), y(m * 11);
        own.forward(x, m, expected, other);
        layer<I2S>(11, 1).forward(stage.prepare(x, m, k, workspace, test::ThreadPool(3)), y);
        CHECK(y == expected);
    }
}

TEST_CASE("a policy that sees all tokens of a call gets them normalised", "[input_stage]") {
    constexpr std::size_t m = 20;
    const InputStage<RmsNorm, PerTensor<Absmax<8, 128>>> stage(norm());
    const Floats x = test::random_floats(m * k, 5, 7);
    decltype(stage)::Workspace workspace;
    Floats normed(x.size());
    norm()(x, normed);
    QuantizedActivations expected;
    quantize(PerTensor<Absmax<8, 128>>{}, normed, m, k, expected);
    const QuantizedActivations& found = stage.prepare(x, m, k, workspace, test::ThreadPool(3));
    for (std::size_t t = 0; t < m; ++t) {
        CHECK(found.scale(t) == expected.scale(0));
        CHECK(std::ranges::equal(found.row(t), expected.row(t)));
    }
}

TEST_CASE("layers multiplied together give what each gives alone", "[input_stage]") {
    const auto q = layer<Interleaved2x16>(200, 1), v = layer<Interleaved2x16>(33, 2);
    const auto other = layer<TQ2_0>(64, 3);
    for (const std::size_t m : {1, 5, 49, 70}) {
        const Floats x = test::random_floats(m * k, 5, 7), residual = test::random_floats(m * 33, 6, 9);
        QuantizedActivations activations;
        quantize(Absmax<8>{}, x, m, k, activations);
        Floats expected_q(m * 200), expected_v = residual, expected_other(m * 64);
        std::vector<std::int32_t> exact(m * 200), expected_exact(m * 200);
        q.forward(activations, expected_q);
        BitLinearWorkspace workspace;
        v.forward_add(x, m, expected_v, workspace);
        other.forward(activations, expected_other);
        q.forward(activations, std::span(expected_exact));
        for (const std::size_t threads : {1, 2, 3, 80}) {
            Floats y_q(m * 200, -1), y_v = residual, y_other(m * 64, -1);
            test::ThreadPool pool(threads);
            forward_together(activations, pool, q.to(std::span(y_q)), v.add_to(y_v), other.to(std::span(y_other)),
                             q.to(std::span(exact)));
            CHECK(y_q == expected_q);
            CHECK(y_v == expected_v);
            CHECK(y_other == expected_other);
            CHECK(exact == expected_exact);
        }
    }
}

TEST_CASE("what follows a product sees its rows and those of the layers before", "[input_stage]") {
    constexpr std::size_t n = 300;
    const auto gate = layer<Interleaved2x16>(n, 1), up = layer<Interleaved2x16>(n, 2);
    for (const std::size_t m : {1, 3, 60}) {
        QuantizedActivations activations;
        quantize(Absmax<8>{}, test::random_floats(m * k, 5, 7), m, k, activations);
        Floats g(m * n), u(m * n), expected(m * n);
        gate.forward(activations, g);
        up.forward(activations, u);
        for (std::size_t i = 0; i < m * n; ++i)
            expected[i] = g[i] * u[i];
        for (const std::size_t threads : {1, 2, 5}) {
            Floats found_g(m * n), found_u(m * n);
            std::vector<int> seen(n);
            test::ThreadPool pool(threads);
            forward_together(activations, pool, gate.to(std::span(found_g)),
                             up.to(std::span(found_u), [&](RowRange rows) {
                                 for (std::size_t row = rows.begin; row < rows.end; ++row) {
                                     ++seen[row];
                                     for (std::size_t t = 0; t < m; ++t)
                                         found_g[t * n + row] *= found_u[t * n + row];
                                 }
                             }));
            CHECK(found_g == expected);
            CHECK(std::ranges::count(seen, 1) == n);
        }
    }
}

/// An executor that doesn't say how many threads it has.
struct Unknown : Serial {
    [[nodiscard]] static std::size_t concurrency() noexcept { return 0; }
};

TEST_CASE("an executor that knows of no thread runs everything all the same", "[input_stage]") {
    const auto one = layer<I2S>(100, 1);
    const InputStage<RmsNorm> stage(norm());
    const Floats x(20 * k, 1.0f);
    BitLinearWorkspace workspace, other;
    Floats y(20 * 100, -1), expected(20 * 100);
    forward_together(stage.prepare(x, 20, k, workspace, Unknown{}), Unknown{}, one.to(y));
    one.forward(stage.prepare(x, 20, k, other), expected);
    CHECK(y == expected);
}

TEST_CASE("stages and layers together refuse sizes that don't match", "[input_stage]") {
    const InputStage<RmsNorm> stage(norm());
    BitLinearWorkspace workspace;
    const Floats x(2 * k, 1.0f);
    CHECK_THROWS_AS(stage.prepare(x, 3, k, workspace), std::invalid_argument);
    CHECK_THROWS_AS(stage.prepare(x, k, 2, workspace), std::invalid_argument);
    const auto& activations = stage.prepare(x, 2, k, workspace);
    const auto one = layer<I2S>(9, 1);
    const BitLinear wider(pack<I2S>(test::random_trits(9 * (k + 1), 1), 9, k + 1));
    Floats y(18), small(17);
    Serial serial;
    CHECK_THROWS_AS(forward_together(activations, serial, one.to(std::span(y)), one.to(std::span(small))),
                    std::invalid_argument);
    CHECK_THROWS_AS(forward_together(activations, serial, wider.to(std::span(y))), std::invalid_argument);
}

}  // namespace
