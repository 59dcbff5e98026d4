#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <ternion/ops/eigen.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "random_data.hpp"

namespace {

using namespace ternion;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

constexpr Eigen::Index n = 23, k = 70, m = 6;

using RowMajorInts = RowMajorMatrix<std::int32_t>;
using ColMajorBytes = Eigen::Matrix<std::int8_t, Eigen::Dynamic, Eigen::Dynamic>;
using ByteVector = Eigen::Matrix<std::int8_t, Eigen::Dynamic, 1>;
using IntVector = Eigen::Matrix<std::int32_t, Eigen::Dynamic, 1>;

struct Operands {
    PackedTernary<Interleaved2x16> w;
    RowMajorMatrix<std::int8_t> q;  // [M,K]
    RowMajorInts sums;              // [M,N]
    RowMajorMatrix<float> x;        // [M,K]
    RowMajorMatrix<float> y;        // [M,N]
};

Operands operands() {
    const auto trits = test::random_trits(n * k, 1);
    const auto q = test::random_activations(m * k, 2);
    const auto x = test::random_floats(m * k, 3, 4);
    Operands all{pack<Interleaved2x16>(trits, n, k, 0.3f),
                 Eigen::Map<const RowMajorMatrix<std::int8_t>>(q.data(), m, k), RowMajorInts(m, n),
                 Eigen::Map<const RowMajorMatrix<float>>(x.data(), m, k), RowMajorMatrix<float>(m, n)};
    reference_gemm(trits, n, k, q, m, values_of(all.sums));
    gemm(all.w, x, m, values_of(all.y));
    return all;
}

TEST_CASE("X * W.transpose() takes either storage order, maps, references and expressions", "[eigen]") {
    const auto o = operands();
    const ColMajorBytes columns = o.q;
    const auto wt = o.w.transpose();
    CHECK(o.q * wt == o.sums);
    CHECK(columns * wt == o.sums);
    CHECK(Eigen::Map<const ColMajorBytes>(columns.data(), m, k) * wt == o.sums);
    CHECK(Eigen::Map<const RowMajorMatrix<std::int8_t>>(o.q.data(), m, k) * wt == o.sums);
    CHECK(Eigen::Ref<const ColMajorBytes>(columns) * wt == o.sums);
    CHECK(o.q.middleRows(1, 3) * o.w.view().transpose() == o.sums.middleRows(1, 3));
    CHECK(o.q.row(2) * wt == o.sums.row(2));

    const Eigen::MatrixXf x = o.x;
    CHECK(o.x * wt == o.y);
    CHECK(x * wt == o.y);
    CHECK((x + Eigen::MatrixXf::Zero(m, k)) * wt == o.y);
    CHECK(Eigen::Ref<const Eigen::MatrixXf>(x) * wt == o.y);
    // Every second row of a larger matrix.
    RowMajorMatrix<float> spread = RowMajorMatrix<float>::Constant(2 * m, k, 1e9f);
    for (Eigen::Index i = 0; i < m; ++i)
        spread.row(2 * i) = o.x.row(i);
    const Eigen::Map<const RowMajorMatrix<float>, 0, Eigen::OuterStride<>> strided(spread.data(), m, k,
                                                                                   Eigen::OuterStride<>(2 * k));
    CHECK(strided * wt == o.y);
}

TEST_CASE("W * x takes vectors and matrices of columns", "[eigen]") {
    const auto o = operands();
    const ByteVector q = o.q.row(4).transpose();
    const IntVector sums = o.w * q;
    CHECK(sums == o.sums.row(4).transpose());
    static_assert(decltype(o.w * q)::ColsAtCompileTime == 1);
    CHECK(o.w * Eigen::Map<const ByteVector>(q.data(), k) == sums);
    CHECK(o.w * o.q.row(4).transpose() == sums);
    CHECK(o.w.view() * q == sums);
    CHECK(o.w * o.q.transpose() == o.sums.transpose());

    const Eigen::VectorXf x = o.x.row(1).transpose();
    CHECK(o.w * x == o.y.row(1).transpose());
    CHECK(o.w * Eigen::Ref<const Eigen::VectorXf>(x) == o.y.row(1).transpose());
    CHECK(o.w * (2 * x - x) == o.y.row(1).transpose());
    CHECK(o.w * o.x.transpose() == o.y.transpose());
    CHECK(o.w * Eigen::MatrixXf(o.x.transpose()) == o.y.transpose());
}

TEST_CASE("operands that don't fit are refused", "[eigen]") {
    const auto o = operands();
    const auto refused = [](auto&& call) {
        CHECK_THROWS_MATCHES(call(), std::invalid_argument,
                             MessageMatches(ContainsSubstring("70") && ContainsSubstring("71")));
    };
    const Eigen::MatrixXf x = Eigen::MatrixXf::Zero(m, k + 1);
    const Eigen::VectorXf one = Eigen::VectorXf::Zero(k + 1);
    const ColMajorBytes q = ColMajorBytes::Zero(m, k + 1);
    refused([&] { return x * o.w.transpose(); });
    refused([&] { return o.w * x.transpose(); });
    refused([&] { return o.w * one; });
    refused([&] { return q * o.w.transpose(); });
    CHECK_THROWS_AS(o.w * o.x, std::invalid_argument);
}

TEST_CASE("no rows give no rows", "[eigen]") {
    const auto o = operands();
    const auto y = Eigen::MatrixXf(0, k) * o.w.transpose();
    CHECK((y.rows() == 0 && y.cols() == n));
}

TEST_CASE("W * x takes matrices with many scales, and dequantises them", "[eigen]") {
    const auto o = operands();
    const std::vector<float> same(n, 0.3f);
    CHECK(with_row_scales(o.w, same) * o.x.transpose() == o.y.transpose());
    CHECK(with_row_scales(o.w, same) * o.q.transpose() == o.sums.transpose());
    CHECK(dequantize(with_row_scales(o.w, same)) == dequantize(o.w));
    CHECK(dequantize(o.w) == 0.3f * to_eigen(o.w).cast<float>());
}

}  // namespace
