// OpenBLAS: sgemv and sgemm, on its own threads.

#include <cblas.h>

#include "../benchmarks.hpp"
#include "dense_float.hpp"

namespace bench {

namespace {

void multiply(DenseFloat& operands, int threads) {
    openblas_set_num_threads(threads);
    const auto m = static_cast<blasint>(operands.m);
    const auto n = static_cast<blasint>(operands.shape.n);
    const auto k = static_cast<blasint>(operands.shape.k);
    const float* x = operands.x.data();
    const float* w = operands.w.data();
    float* y = operands.y.data();
    if (m == 1) {
        cblas_sgemv(CblasRowMajor, CblasNoTrans, n, k, 1.0f, w, k, x, 1, 0.0f, y, 1);
    } else {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0f, x, k, w, k, 0.0f, y, n);
    }
}

}  // namespace

void register_openblas() {
    add_rivals("openblas", 32, 1e-3, dense_float_rival(multiply));
}

}  // namespace bench
