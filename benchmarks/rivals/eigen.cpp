// Eigen: float by float, on OpenMP's threads.

#include <Eigen/Core>

#include "dense_float.hpp"

namespace bench {

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void multiply(DenseFloat& operands, const float* weights, int threads) {
    Eigen::setNbThreads(threads);
    const auto m = static_cast<Eigen::Index>(operands.m);
    const auto n = static_cast<Eigen::Index>(operands.shape.n);
    const auto k = static_cast<Eigen::Index>(operands.shape.k);
    const Eigen::Map<const Matrix> w(weights, n, k);
    if (m == 1) {
        const Eigen::Map<const Eigen::VectorXf> x(operands.x.data(), k);
        Eigen::Map<Eigen::VectorXf>(operands.y.data(), n).noalias() = w * x;
    } else {
        const Eigen::Map<const Matrix> x(operands.x.data(), m, k);
        Eigen::Map<Matrix>(operands.y.data(), m, n).noalias() = x * w.transpose();
    }
}

}  // namespace

void append_eigen(std::vector<RivalLibrary>& libraries) {
    libraries.push_back(dense_float_library("eigen", multiply));
}

}  // namespace bench
