#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <ternion/ops/eigen.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "random_data.hpp"

namespace {

using namespace ternion;
using ColMajorTrits = Eigen::Matrix<std::int8_t, Eigen::Dynamic, Eigen::Dynamic>;

RowMajorMatrix<std::int8_t> random_matrix(Eigen::Index n, Eigen::Index k, std::uint64_t seed) {
    const auto trits = test::random_trits(static_cast<std::size_t>(n * k), seed);
    return Eigen::Map<const RowMajorMatrix<std::int8_t>>(trits.data(), n, k);
}

TEST_CASE("trits of any Eigen expression are packed, row by row", "[eigen]") {
    const RowMajorMatrix<std::int8_t> rows = random_matrix(19, 45, 1);
    const ColMajorTrits columns = rows;
    const ColMajorTrits transposed = rows.transpose();
    std::size_t packings = 0;
    for_each_type(all_packings{}, [&]<class P>(std::type_identity<P>) {
        INFO(P::name);
        const auto expected = pack<P>(values_of(rows), 19, 45, 0.5f);
        CHECK(pack<P>(rows, 0.5f) == expected);
        CHECK(pack<P>(columns, 0.5f) == expected);
        CHECK(pack<P>(transposed.transpose(), 0.5f) == expected);
        CHECK(pack<P>(Eigen::Map<const ColMajorTrits>(columns.data(), 19, 45), 0.5f) == expected);
        CHECK(pack<P>(Eigen::Ref<const RowMajorMatrix<std::int8_t>>(rows), 0.5f) == expected);
        CHECK(pack<P>(rows.block(2, 3, 10, 20)) == pack<P>(RowMajorMatrix<std::int8_t>(rows.block(2, 3, 10, 20))));
        CHECK(to_eigen(expected) == rows);
        CHECK(to_eigen(expected.view()) == rows);
        ++packings;
    });
    CHECK(packings == all_packings::size);
}

TEST_CASE("float weights are quantised by absmean, then packed", "[eigen]") {
    const auto values = test::random_floats(12 * 31, 2);
    const RowMajorMatrix<float> weights = Eigen::Map<const RowMajorMatrix<float>>(values.data(), 12, 31);
    std::vector<std::int8_t> trits(values.size());
    const float gamma = absmean_quantize(values, trits);
    const auto expected = pack<I2S>(trits, 12, 31, gamma);
    CHECK(pack<I2S>(weights) == expected);
    CHECK(pack<I2S>(Eigen::MatrixXf(weights)) == expected);
    CHECK(pack<I2S>(0.5f * (weights + weights)) == expected);
}

TEST_CASE("what is no trit is refused", "[eigen]") {
    auto trits = random_matrix(4, 5, 3);
    trits(2, 1) = 2;
    CHECK_THROWS_AS(pack<I2S>(trits), std::invalid_argument);
    CHECK_THROWS_AS(pack<I2S>(RowMajorMatrix<std::int8_t>(0, 5)), std::invalid_argument);
    CHECK_THROWS_AS(pack<I2S>(RowMajorMatrix<float>(0, 5)), std::invalid_argument);
    Eigen::MatrixXf weights = Eigen::MatrixXf::Ones(3, 3);
    weights(1, 1) = NAN;
    CHECK_THROWS_AS(pack<I2S>(weights), std::invalid_argument);
}

}  // namespace
