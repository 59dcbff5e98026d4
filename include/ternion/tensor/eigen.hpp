#pragma once

// Eigen at the edges of the library: the only file that includes it. Products are in ops/eigen.hpp.

#include <cstddef>
#include <cstdint>
#include <Eigen/Core>
#include <span>

#include "activations.hpp"
#include "dequantize.hpp"
#include "pack.hpp"
#include "scales.hpp"

namespace ternion {

/// A dense row-major matrix: the storage order of X[M,K] and Y[M,N] everywhere in the library.
template <class T>
using RowMajorMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The values of a contiguous matrix, in storage order.
template <class T, int Options>
std::span<const T> values_of(const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Options>& matrix) noexcept {
    return {matrix.data(), static_cast<std::size_t>(matrix.size())};
}
template <class T, int Options>
std::span<T> values_of(Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Options>& matrix) noexcept {
    return {matrix.data(), static_cast<std::size_t>(matrix.size())};
}

/// Packs any Eigen expression of trits (int8, either storage order): row n of the expression is row n of W. Throws what
/// `pack` throws.
template <Packing P, class Derived>
requires std::same_as<typename Derived::Scalar, std::int8_t>
PackedTernary<P> pack(const Eigen::DenseBase<Derived>& trits, float scale = 1) {
    const RowMajorMatrix<std::int8_t> dense = trits;
    return pack<P>(values_of(dense), static_cast<std::size_t>(dense.rows()), static_cast<std::size_t>(dense.cols()),
                   scale);
}

/// Quantises any Eigen expression of float weights by absmean (b1.58) and packs the trits; the scale is gamma. Throws
/// what `absmean_quantize` and `pack` throw.
template <Packing P, class Derived>
requires std::same_as<typename Derived::Scalar, float>
PackedTernary<P> pack(const Eigen::DenseBase<Derived>& weights) {
    const RowMajorMatrix<float> dense = weights;
    return pack<P>(values_of(dense), static_cast<std::size_t>(dense.rows()), static_cast<std::size_t>(dense.cols()));
}

/// The trits of a matrix as an Eigen matrix [N,K].
template <TernaryMatrix W>
RowMajorMatrix<std::int8_t> to_eigen(const W& w) {
    const auto view = w.view();
    RowMajorMatrix<std::int8_t> trits(static_cast<Eigen::Index>(view.rows()), static_cast<Eigen::Index>(view.cols()));
    unpack_trits(view, values_of(trits));
    return trits;
}

/// The weights of a matrix as an Eigen matrix of floats [N,K]: scale * trit, with whatever scales it has.
inline RowMajorMatrix<float> dequantize(const TernaryBytes& w) {
    RowMajorMatrix<float> weights(static_cast<Eigen::Index>(w.shape.n), static_cast<Eigen::Index>(w.shape.k));
    dequantize(w, values_of(weights));
    return weights;
}

/// Activations of any type as an Eigen matrix of floats [M,K]: scale * q.
template <class Activations>
requires requires(const Activations& x, std::span<float> values) {
    x.tokens();
    dequantize(x, values);
}
RowMajorMatrix<float> dequantize(const Activations& x) {
    RowMajorMatrix<float> values(static_cast<Eigen::Index>(x.tokens()), static_cast<Eigen::Index>(x.inputs()));
    dequantize(x, values_of(values));
    return values;
}

}  // namespace ternion
