// Eigen: float by float, on OpenMP's threads.

#include <Eigen/Core>

#include "../benchmarks.hpp"
#include "dense_float.hpp"

namespace bench {

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void multiply(DenseFloat& operands, int threads) {
    Eigen::setNbThreads(threads);
    const auto m = static_cast<Eigen::Index>(operands.m);
    const auto n = static_cast<Eigen::Index>(operands.shape.n);
    const auto k = static_cast<Eigen::Index>(operands.shape.k);
    const Eigen::Map<const Matrix> w(operands.w.data(), n, k);
    if (m == 1) {
        const Eigen::Map<const Eigen::VectorXf> x(operands.x.data(), k);
        Eigen::Map<Eigen::VectorXf>(operands.y.data(), n).noalias() = w * x;
    } else {
        const Eigen::Map<const Matrix> x(operands.x.data(), m, k);
        Eigen::Map<Matrix>(operands.y.data(), m, n).noalias() = x * w.transpose();
    }
}

}  // namespace

void register_eigen() {
    add_rivals("eigen", 32, 1e-3, dense_float_rival(multiply));
}

}  // namespace bench
