#pragma once

// The backward pass of BitLinear: #include <ternion/nn/straight_through.hpp> beside the umbrella header. It needs
// Eigen.

#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

#include "../quant/hadamard.hpp"
#include "../tensor/eigen.hpp"
#include "bit_linear.hpp"
#include "norm_backward.hpp"

namespace ternion {

/// Where a BitLinear's backward pass adds its gradients: of the input x[M,K], of the master weights [N,K] and of the
/// norm's weights [K]. A span may be empty: that gradient isn't computed.
struct BitLinearGradients {
    std::span<float> x;
    std::span<float> weights;
    std::span<float> norm;
};

inline namespace TERNION_ABI {

/// Adds the gradients of Y[M,N] = X[M,K] · W[N,K]ᵀ, all row-major: dx += dy · W and dw += dyᵀ · X. For a BitLinear, X
/// and W are the dequantised values of the forward pass; by the straight-through estimator, which takes the derivative
/// of a quantizer to be one, dx and dw are then the gradients of the values before quantisation. An empty dx or dw is
/// left out; nothing may overlap. Throws std::invalid_argument for sizes that don't match. Source: arXiv 2310.11453,
/// section 2.2.
inline void linear_backward(std::span<const float> x, std::span<const float> w, std::span<const float> dy,
                            std::size_t m, std::span<float> dx, std::span<float> dw) {
    if (m == 0 && x.empty() && dy.empty() && dx.empty()) return;
    const std::size_t k = m == 0 ? 0 : x.size() / m, n = k == 0 ? 0 : w.size() / k;
    detail::check_size("linear_backward: x", m * k, x.size());
    detail::check_size("linear_backward: w", n * k, w.size());
    detail::check_size("linear_backward: dy", m * n, dy.size());
    if (!dx.empty()) detail::check_size("linear_backward: dx", m * k, dx.size());
    if (!dw.empty()) detail::check_size("linear_backward: dw", n * k, dw.size());
    const auto matrix = []<class T>(std::span<T> values, std::size_t rows, std::size_t cols) {
        using Matrix = RowMajorMatrix<float>;
        return Eigen::Map<std::conditional_t<std::is_const_v<T>, const Matrix, Matrix>>(
            values.data(), static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(cols));
    };
    if (!dx.empty()) matrix(dx, m, k).noalias() += matrix(dy, m, n) * matrix(w, n, k);
    if (!dw.empty()) matrix(dw, n, k).noalias() += matrix(dy, m, n).transpose() * matrix(x, m, k);
}

/// Turns the gradient of what a policy quantises, d[M,K], into that of its input, in place. By the straight-through
/// estimator the two are the same: a quantizer's derivative is one, also where TopK writes zeros or values are clamped.
/// A policy that transforms tokens before it rounds them has an overload.
template <class Policy>
void quantizer_backward(const Policy&, std::span<float>, std::size_t) noexcept {}

/// The rotation is symmetric and orthonormal, and so its own backward pass.
template <class Inner>
void quantizer_backward(const Hadamard<Inner>&, std::span<float> d, std::size_t k) noexcept {
    for (std::size_t at = 0; at < d.size(); at += k)
        hadamard_transform(d.data() + at, k, d.data() + at);
}

/// The backward pass of a layer for prepared activations x, by the straight-through estimator: from dy[M,N] it adds to
/// dx the gradient of the integers' values scale * q, and to dweights that of the master weights. Either may be empty.
/// Layers that share a stage add to one dx, which then goes through the stage's backward pass. Allocates the
/// dequantised values. Throws std::invalid_argument for sizes that don't match. Source: arXiv 2310.11453, section 2.2.
template <class W, class Q, class N, class Arch>
void backward(const BitLinear<W, Q, N, Arch>& layer, const typename BitLinear<W, Q, N, Arch>::Activations& x,
              std::span<const float> dy, std::span<float> dx, std::span<float> dweights) {
    const RowMajorMatrix<float> inputs = dequantize(x), weights = dequantize(layer.weights());
    linear_backward(values_of(inputs), values_of(weights), dy, x.tokens(), dx, dweights);
}

/// The backward pass of a stage, for any policy and norm: from d, the gradient of what it prepared, which is
/// overwritten, it adds to dx and to dnorm, either of which may be empty, the gradients of its input x[M,K] and of the
/// norm's weights. Where nothing is rounded, they are those of the function itself. Throws std::invalid_argument for
/// sizes that don't match. Source: arXiv 2310.11453, section 2.2; for the zeros of TopK arXiv 2407.10969.
template <class N, class Q, class Arch>
void backward(const InputStage<N, Q, Arch>& stage, std::span<const float> x, std::size_t k, std::span<float> d,
              std::span<float> dx, std::span<float> dnorm) {
    detail::check_size("the backward pass of a stage: d", x.size(), d.size());
    quantizer_backward(stage.quantizer(), d, k);
    norm_backward(stage.norm(), x, d, dx, dnorm);
}

/// Both, for `layer.forward(x, m, y, workspace)`. It quantises x again, so the workspace may be any.
template <class W, class Q, class N, class Arch>
void backward(const BitLinear<W, Q, N, Arch>& layer, std::span<const float> x, std::size_t m, std::span<const float> dy,
              const BitLinearGradients& gradients, typename BitLinear<W, Q, N, Arch>::Workspace& workspace) {
    const auto& prepared = layer.stage().prepare(x, m, layer.inputs(), workspace);
    const bool weights_alone = gradients.x.empty() && gradients.norm.empty();
    std::vector<float> d(weights_alone ? 0 : x.size());  // of what is quantised, then of its input
    backward(layer, prepared, dy, d, gradients.weights);
    if (!weights_alone) backward(layer.stage(), x, layer.inputs(), d, gradients.x, gradients.norm);
}

}  // namespace TERNION_ABI
}  // namespace ternion
