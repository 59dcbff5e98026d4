// Int8 with a scale for each group of a token's inputs: integers, scales and sums against the formula, and products
// against the documented float formula, on every arch, in every bit.

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <ternion/ternion.hpp>
#include <vector>

#include "absmax_oracle.hpp"
#include "random_data.hpp"
#include "test_executor.hpp"

namespace {

using namespace ternion;
using Floats = std::vector<float>;

/// f of a constant for each size of groups.
template <class F>
void for_each_size(F&& f) {
    f(std::integral_constant<std::size_t, 64>{});
    f(std::integral_constant<std::size_t, 128>{});
    f(std::integral_constant<std::size_t, 256>{});
}

/// M tokens as groups, each by the formula.
struct Expected {
    std::vector<std::int8_t> q;      // [M,K]
    Floats scales;                   // [M, groups]
    std::vector<std::int32_t> sums;  // of every 64, [M, K / 64 rounded up]
    std::vector<std::int32_t> of_token;

    Expected(const Floats& x, std::size_t m, std::size_t k, std::size_t inputs) {
        for (std::size_t t = 0; t < m; ++t) {
            std::int32_t total = 0;
            for (std::size_t begin = 0; begin < k; begin += inputs) {
                const auto group =
                    test::absmax_oracle(std::span(x).subspan(t * k + begin, std::min(inputs, k - begin)), 8);
                scales.push_back(group.scale);
                total += group.sum;
                for (std::size_t i = 0; i < group.q.size(); ++i) {
                    if (i % 64 == 0) sums.push_back(0);
                    sums.back() += group.q[i];
                    q.push_back(group.q[i]);
                }
            }
            of_token.push_back(total);
        }
    }
};

bool same(float a, float b) {
    return a == b || (std::isnan(a) && std::isnan(b));
}

bool agrees(const QuantizedActivations& found, const Expected& expected) {
    const ActivationView view = found.view();
    bool right = view.group_sums != nullptr && view.group_scales != nullptr;
    for (std::size_t i = 0; right && i < expected.q.size(); ++i)
        right = found.row(i / view.k)[i % view.k] == expected.q[i];
    for (std::size_t i = 0; right && i < expected.scales.size(); ++i)
        right = same(view.group_scales[i], expected.scales[i]);
    return right && std::equal(expected.sums.begin(), expected.sums.end(), view.group_sums) &&
           std::equal(expected.of_token.begin(), expected.of_token.end(), view.sums);
}

/// Tokens of random values, of one extreme, of zeros, with an outlier, and with one that isn't finite.
constexpr std::size_t token_kinds = 6;
Floats tokens(std::size_t k) {
    Floats x = test::random_floats(token_kinds * k, k, 3);
    std::fill_n(x.begin() + static_cast<std::ptrdiff_t>(k), k, 7.25f);
    std::fill_n(x.begin() + static_cast<std::ptrdiff_t>(2 * k), k, -7.25f);
    std::fill_n(x.begin() + static_cast<std::ptrdiff_t>(3 * k), k, 0.0f);
    x[4 * k + k / 2] = -3e8f;
    x[5 * k + k - 1] = std::numeric_limits<float>::infinity();
    return x;
}

TEST_CASE("each group of a token is quantised for itself", "[grouped]") {
    std::size_t archs = 0;
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        INFO(backend_of<Arch>::name);
        QuantizedActivations out;
        for (const std::size_t k : {1, 63, 64, 65, 128, 200, 256, 257, 511, 1025, 6912}) {
            const Floats x = tokens(k);
            for_each_size([&](auto inputs) {
                quantize<Arch>(Grouped<Absmax<8>, inputs>{}, x, token_kinds, k, out, test::ThreadPool(2));
                CHECK(out.group_inputs() == inputs);
                if (!agrees(out, Expected(x, token_kinds, k, inputs)))
                    FAIL_CHECK("K=" << k << ", groups of " << inputs);
            });
        }
        ++archs;
    });
    CHECK(archs == all_archs::size);
}

TEST_CASE("one group for the whole token is its int8", "[grouped]") {
    const Floats x = test::random_floats(3 * 200, 1);
    QuantizedActivations whole, grouped;
    quantize(Absmax<8>{}, x, 3, 200, whole);
    quantize(Grouped<Absmax<8>, 256>{}, x, 3, 200, grouped);
    for (std::size_t m = 0; m < 3; ++m) {
        CHECK(std::ranges::equal(whole.row(m), grouped.row(m)));
        CHECK(whole.value(m, 199) == grouped.value(m, 199));
    }
    // Groups don't outlive the tokens they belong to.
    quantize(Absmax<8>{}, x, 3, 200, grouped);
    CHECK((grouped.group_inputs() == 0 && !grouped.has_group_sums()));
}

/// W[N,K] with a scale for each `inputs` weights; 0: for each row.
struct ScaledWeights {
    Shape shape;
    std::size_t inputs;
    std::vector<std::int8_t> trits = test::random_trits(shape.size(), shape.k);
    std::size_t groups = inputs == 0 ? 1 : ceil_div(shape.k, inputs);
    Floats scales = test::random_floats(shape.n * groups, inputs + 1, 3);

    [[nodiscard]] float scale(std::size_t row, std::size_t k) const {
        return scales[row * groups + (inputs == 0 ? 0 : k / inputs)];
    }
};

/// The formula of grouped_product.hpp, a value at a time.
Floats product(const ScaledWeights& w, const Expected& x, std::size_t m, std::size_t x_inputs) {
    const auto [n, k] = w.shape;
    const std::size_t step = w.inputs == 0 ? x_inputs : std::min(x_inputs, w.inputs);
    Floats y;
    for (std::size_t i = 0; i < m * n; ++i) {
        const std::size_t row = i % n, token = i / n;
        float total = 0;
        for (std::size_t begin = 0; begin < k; begin += step) {
            std::int32_t sum = 0;
            for (std::size_t j = begin; j < std::min(k, begin + step); ++j)
                sum += w.trits[row * k + j] * x.q[token * k + j];
            const float scale = w.scale(row, begin) * x.scales[token * ceil_div(k, x_inputs) + begin / x_inputs];
            const auto value = static_cast<float>(sum);
            total = begin == 0 ? value * scale : multiply_add(value, scale, total);
        }
        y.push_back(total);
    }
    return y;
}

bool same_floats(const Floats& a, const Floats& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

template <Packing P, class Arch>
void check_products(const ScaledWeights& w, std::size_t m) {
    const std::size_t n = w.shape.n, k = w.shape.k;
    const Floats x = tokens(k);
    const ScaledTernary<P> scaled(pack<P>(w.trits, n, k), w.scales, w.inputs);
    for_each_size([&](auto inputs) {
        QuantizedActivations activations;
        quantize<Arch>(Grouped<Absmax<8>, inputs>{}, std::span(x).first(m * k), m, k, activations);
        const Floats expected = product(w, Expected(x, m, k, inputs), m, inputs);
        Floats y(m * n);
        gemm<Arch>(scaled, activations, std::span(y), test::ThreadPool(2));
        bool right = same_floats(y, expected);
        if (n == 1 && w.inputs == 0) {  // one scale for the tensor
            gemm<Arch>(pack<P>(w.trits, n, k, w.scales[0]), activations, std::span(y));
            right = right && same_floats(y, expected);
        }
        if (!right) FAIL_CHECK(P::name << " on " << backend_of<Arch>::name << ", K=" << k << ", groups of " << inputs);
        std::vector<std::int32_t> exact(m * n), sums(m * n);
        gemm<Arch>(scaled, activations, std::span(exact));
        reference_gemm(w.trits, n, k, Expected(x, m, k, inputs).q, m, sums);
        CHECK(exact == sums);
    });
}

TEST_CASE("products of grouped activations, with weights of any scales", "[grouped]") {
    std::size_t checked = 0;
    for_each_type(all_archs{}, [&]<class Arch>(std::type_identity<Arch>) {
        for (const Shape shape : {Shape{1, 70}, Shape{35, 257}, Shape{18, 700}, Shape{3, 2304}}) {
            for (const std::size_t inputs : {0, 64, 128, 256}) {
                const ScaledWeights w{shape, inputs};
                check_products<Interleaved2x16, Arch>(w, token_kinds);
                check_products<I2S, Arch>(w, 1);
                checked += 2;
            }
        }
    });
    CHECK(checked == all_archs::size * 4 * 4 * 2);
}

TEST_CASE("a layer of grouped activations, with a norm and weights in groups", "[grouped]") {
    const ScaledWeights w{{20, 300}, 128};
    const ScaledTernary<Interleaved2x16> scaled(pack<Interleaved2x16>(w.trits, 20, 300), w.scales, 128);
    const RmsNorm norm(test::random_floats(300, 4), 1e-5f);
    const BitLinear layer(scaled, norm, Grouped<Absmax<8>, 64>{});
    const Floats x = test::random_floats(9 * 300, 5, 2);
    Floats normed(x.size()), y(9 * 20);
    norm(x, normed);
    decltype(layer)::Workspace workspace;
    layer.forward(x, 9, y, workspace, test::ThreadPool(3));
    CHECK(y == product(w, Expected(normed, 9, 300, 64), 9, 64));
}

}  // namespace
