#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>
#include <limits>

#include "compute/products.hpp"
#include "compute/softmax.hpp"
#include "decoder_fixture.hpp"

namespace {

using namespace bitnet;
using bitnet_tests::random_floats;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

TEST_CASE("add_product adds A · B to C, for every number of rows and depth") {
    const std::size_t rows = GENERATE(1, 2, 3, 4, 5, 7, 8, 64);
    const std::size_t cols = GENERATE(64, 128);
    const std::size_t depth = GENERATE(0, 1, 3, 64, 128);
    const std::size_t lda = depth + 3, ldb = cols + 5, ldc = cols + 2;
    const auto a = random_floats(rows * lda, 1);
    const auto b = random_floats((depth + 1) * ldb, 2);
    const auto before = random_floats(rows * ldc, 3);
    auto c = before;
    add_product(a.data(), lda, b.data(), ldb, c.data(), ldc, rows, cols, depth);
    for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < ldc; ++j) {
            double sum = static_cast<double>(before[i * ldc + j]);
            for (std::size_t d = 0; d < depth && j < cols; ++d)
                sum += static_cast<double>(a[i * lda + d]) * static_cast<double>(b[d * ldb + j]);
            REQUIRE_THAT(c[i * ldc + j], WithinAbs(sum, 1e-5));
        }
    }
}

TEMPLATE_TEST_CASE("dot multiplies and adds, whatever the length", "", float, ternion::Float16, ternion::BFloat16) {
    const std::size_t n = GENERATE(0, 1, 7, 15, 16, 63, 64, 65, 127, 256, 2560);
    const auto values = random_floats(n, 4);
    const auto b = random_floats(n, 5);
    const std::vector<TestType> a = [&] {
        std::vector<TestType> some;
        for (const float value : values)
            some.push_back(TestType(value));
        return some;
    }();
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i)
        sum += static_cast<double>(static_cast<float>(a[i])) * static_cast<double>(b[i]);
    CHECK_THAT(dot(a.data(), b.data(), n, 0), WithinAbs(sum, 2e-5));
}

TEST_CASE("exp_of_negative is exp, to a few units in the last place") {
    for (int i = 0; i <= 87000; ++i) {
        const float x = -static_cast<float>(i) * 1e-3F;
        if (x < -87) continue;
        REQUIRE_THAT(exp_of_negative(x), WithinRel(std::exp(static_cast<double>(x)), 3e-7));
    }
    CHECK(exp_of_negative(0) == 1);
    CHECK(exp_of_negative(-87.5F) == 0);
    CHECK(exp_of_negative(-1e30F) == 0);
    CHECK(exp_of_negative(-std::numeric_limits<float>::infinity()) == 0);
    CHECK(std::isnan(exp_of_negative(std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("sum and largest look at all values of a block") {
    auto values = random_floats(column_block, 6);
    const std::span<float, column_block> block(values.data(), column_block);
    double expected = 0;
    for (const float value : values)
        expected += static_cast<double>(value);
    CHECK_THAT(sum(block), WithinAbs(expected, 1e-5));
    for (std::size_t i = 0; i < column_block; ++i) {
        const float before = std::exchange(values[i], 2.0F + static_cast<float>(i));
        CHECK(largest(block) == 2.0F + static_cast<float>(i));
        values[i] = before;
    }
}

}  // namespace
