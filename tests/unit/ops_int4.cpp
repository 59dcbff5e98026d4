// Activations of 4 bits: integers in the rows of int8 that all others have, and so multiplied by the same products.

#include <catch2/catch_test_macros.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "product.hpp"
#include "random_data.hpp"

namespace {

using namespace ternion;

static_assert(std::same_as<ActivationsOf<Absmax<4>>, QuantizedActivations>);
static_assert(std::same_as<ActivationsOf<AbsmeanInt4>, QuantizedActivations>);
static_assert(std::same_as<ActivationsOf<Absmax<8>>, QuantizedActivations>);

template <class Policy>
void check_codes(std::size_t m, std::size_t k, int lowest, int highest) {
    const auto x = test::random_floats(m * k, k, 3);
    QuantizedActivations found;
    found.resize(1, 1);
    quantize(Policy{}, x, m, k, found);
    REQUIRE((found.tokens() == m && found.inputs() == k));
    std::size_t right = 0;
    for (std::size_t t = 0; t < m; ++t) {
        std::vector<std::int8_t> q(k);
        const TokenScale expected = Policy::template quantize_token<Scalar>(x.data() + t * k, k, q.data());
        CHECK((found.scale(t) == expected.scale && found.sum(t) == expected.sum));
        for (std::size_t i = 0; i < k; ++i)
            right += found.row(t)[i] == q[i] && q[i] >= lowest && q[i] <= highest;
    }
    CHECK(right == m * k);
}

TEST_CASE("activations hold the integers of a policy of few bits", "[int4]") {
    for (const std::size_t k : {1, 5, 63, 64, 65, 127, 128, 129, 300, 1025}) {
        check_codes<AbsmeanInt4>(3, k, -8, 7);
        check_codes<Absmax<4>>(2, k, -8, 7);
        check_codes<Absmax<3>>(1, k, -4, 3);
        check_codes<Absmax<4, 8>>(1, k, -8, 7);
    }
}

template <class P>
void check_product(const test::Product& product, std::size_t m, const QuantizedActivations& x) {
    const auto [n, k] = product.shape;
    const auto w = pack<P>(product.trits, n, k);
    std::vector<std::int32_t> y(m * n + 1, test::poison);
    gemm(w, x, std::span(y).first(m * n));
    auto expected = product.expected;
    expected.push_back(test::poison);
    const std::string difference = test::first_difference(y, expected);
    if (!difference.empty()) FAIL_CHECK(P::name << " " << n << "x" << k << ", M=" << m << ": y" << difference);
    // A range of rows alone.
    std::vector<std::int32_t> part(m * n, test::poison);
    const RowRange rows{n / 3, n - n / 4};
    multiply(w.view(), x, rows, Output<std::int32_t>{part.data(), n}, test::ThreadPool(3));
    std::size_t right = 0;
    for (std::size_t i = 0; i < m * n; ++i)
        right += part[i] == (i % n >= rows.begin && i % n < rows.end ? product.expected[i] : test::poison);
    CHECK(right == m * n);
}

TEST_CASE("products of activations of 4 bits are exact integers", "[int4]") {
    for (const Shape shape : {Shape{1, 1}, Shape{3, 100}, Shape{35, 129}, Shape{130, 1100}, Shape{145, 2050}}) {
        for (const std::size_t m : {1, 2, 13}) {
            QuantizedActivations x;
            quantize(AbsmeanInt4{}, test::random_floats(m * shape.k, shape.k, 5), m, shape.k, x);
            std::vector<std::int8_t> q(m * shape.k);
            for (std::size_t i = 0; i < q.size(); ++i)
                q[i] = x.row(i / shape.k)[i % shape.k];
            const test::Product product(shape, m, test::random_trits(shape.size(), shape.n), q);
            check_product<Interleaved2x16>(product, m, x);
            check_product<I2S>(product, m, x);
        }
    }
}

TEST_CASE("activations of another K are refused", "[int4]") {
    QuantizedActivations x;
    quantize(AbsmeanInt4{}, test::random_floats(20, 5), 2, 10, x);
    std::vector<float> y(6);
    const auto w = pack<I2S>(test::random_trits(33, 1), 3, 11);
    CHECK_THROWS_AS(gemm(w, x, std::span(y)), std::invalid_argument);
    const auto fitting = pack<I2S>(test::random_trits(30, 1), 3, 10);
    CHECK_THROWS_AS(gemm(fitting, x, std::span(y).first(5)), std::invalid_argument);
}

}  // namespace
