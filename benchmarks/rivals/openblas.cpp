// OpenBLAS: sgemv and sgemm, on its own threads.

#include <cblas.h>

#include "dense_float.hpp"

namespace bench {

namespace {

void multiply(DenseFloat& operands, const float* w, int threads) {
    openblas_set_num_threads(threads);
    const auto m = static_cast<blasint>(operands.m);
    const auto n = static_cast<blasint>(operands.shape.n);
    const auto k = static_cast<blasint>(operands.shape.k);
    const float* x = operands.x.data();
    float* y = operands.y.data();
    if (m == 1) {
        cblas_sgemv(CblasRowMajor, CblasNoTrans, n, k, 1.0f, w, k, x, 1, 0.0f, y, 1);
    } else {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, k, 1.0f, x, k, w, k, 0.0f, y, n);
    }
}

}  // namespace

void append_openblas(std::vector<RivalLibrary>& libraries) {
    libraries.push_back(dense_float_library("openblas", multiply));
}

}  // namespace bench
