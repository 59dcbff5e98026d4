#pragma once

// Products with Eigen expressions: #include <ternion/ops/eigen.hpp> beside the umbrella header.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "../tensor/eigen.hpp"
#include "gemm.hpp"

namespace ternion {

/// What an Eigen operand may hold: float (quantised by absmax, as gemm does) or int8 (exact, results in int32).
template <class Derived>
concept EigenActivations =
    std::same_as<typename Derived::Scalar, float> || std::same_as<typename Derived::Scalar, std::int8_t>;

inline namespace TERNION_ABI {

/// Y[M,N] for tokens X[M,K], a row each: what both operators are made of.
template <WeightMatrix W, class In>
auto product_of(const W& w, const RowMajorMatrix<In>& tokens) {
    using Out = std::conditional_t<std::same_as<In, float>, float, std::int32_t>;
    detail::check_size("a row of X", w.view().cols(), static_cast<std::size_t>(tokens.cols()));
    RowMajorMatrix<Out> y(tokens.rows(), static_cast<Eigen::Index>(w.view().rows()));
    gemm(w, values_of(tokens), static_cast<std::size_t>(tokens.rows()), values_of(y));
    return y;
}

/// Y[M,N] = X[M,K] * W.transpose(): a row of X is a token. X is any Eigen expression of float or int8, in either
/// storage order. Throws std::invalid_argument where X doesn't have K columns.
template <class Derived, Packing P>
requires EigenActivations<Derived>
auto operator*(const Eigen::MatrixBase<Derived>& x, const TransposedTernary<P>& w) {
    return product_of<TernaryView<P>, typename Derived::Scalar>(w.matrix, x);
}

/// y = W * x for a column vector x[K], or Y[N,M] = W * X[K,M] where each column of X is a token. W has one scale or
/// many.
template <WeightMatrix W, class Derived>
requires EigenActivations<Derived>
auto operator*(const W& w, const Eigen::MatrixBase<Derived>& x) {
    const auto y = product_of<W, typename Derived::Scalar>(w, x.transpose());
    return Eigen::Matrix<typename decltype(y)::Scalar, Eigen::Dynamic, Derived::ColsAtCompileTime>(y.transpose());
}

}  // namespace TERNION_ABI
}  // namespace ternion
