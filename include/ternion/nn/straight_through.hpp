#pragma once

// The backward pass of BitLinear: #include <ternion/nn/straight_through.hpp> beside the umbrella header. It needs
// Eigen.

#include <cmath>
#include <cstddef>
#include <span>
#include <type_traits>

#include "../tensor/eigen.hpp"
#include "bit_linear.hpp"
#include "rms_norm.hpp"

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

/// Adds the gradients of y = norm(x) for the tokens x[M, channels]: dx of the input, dweight of the norm's weights. An
/// empty one is left out; nothing may overlap. Throws std::invalid_argument for sizes that don't match.
inline void rms_norm_backward(const RmsNorm& norm, std::span<const float> x, std::span<const float> dy,
                              std::span<float> dx, std::span<float> dweight) {
    const std::size_t n = norm.channels();
    detail::check_size("rms_norm_backward: x", x.size() / n * n, x.size());
    detail::check_size("rms_norm_backward: dy", x.size(), dy.size());
    if (!dx.empty()) detail::check_size("rms_norm_backward: dx", x.size(), dx.size());
    if (!dweight.empty()) detail::check_size("rms_norm_backward: dweight", n, dweight.size());
    using Row = Eigen::Map<const Eigen::ArrayXf>;
    using MutableRow = Eigen::Map<Eigen::ArrayXf>;
    const auto width = static_cast<Eigen::Index>(n);
    const Row weight(norm.weight().data(), width);
    for (std::size_t at = 0; at < x.size(); at += n) {
        const Row in(x.data() + at, width), out(dy.data() + at, width);
        const float mean = in.square().sum() / static_cast<float>(n);
        const float factor = 1 / std::sqrt(mean + norm.eps());
        if (!dx.empty()) {
            // The factor depends on all channels: the second term.
            const float along = (in * weight * out).sum() / static_cast<float>(n);
            MutableRow(dx.data() + at, width) += factor * (weight * out - (factor * factor * along) * in);
        }
        if (!dweight.empty()) MutableRow(dweight.data(), width) += factor * in * out;
    }
}

/// The backward pass of `layer.forward(x, m, y, workspace)` by the straight-through estimator: from dy[M,N] it adds the
/// gradients of x, of the master weights and of the norm. It quantises x again, so the workspace may be any. Allocates.
/// Throws std::invalid_argument for sizes that don't match. Where nothing is rounded, the gradients are those of the
/// function itself. Source: arXiv 2310.11453, section 2.2.
template <Packing P, class Activations, class Norm, class Arch>
void backward(const BitLinear<P, Activations, Norm, Arch>& layer, std::span<const float> x, std::size_t m,
              std::span<const float> dy, const BitLinearGradients& gradients,
              typename BitLinear<P, Activations, Norm, Arch>::Workspace& workspace) {
    static_assert(std::is_same_v<ActivationsOf<Activations>, QuantizedActivations>,
                  "backward: for quantizers whose tokens are QuantizedActivations, such as Absmax<8>");
    layer.prepare(x, m, workspace);
    const RowMajorMatrix<float> inputs = dequantize(workspace.activations), weights = dequantize(layer.weights());
    if constexpr (std::is_same_v<Norm, NoNorm>) {
        linear_backward(values_of(inputs), values_of(weights), dy, m, gradients.x, gradients.weights);
    } else {
        RowMajorMatrix<float> dnormed = RowMajorMatrix<float>::Zero(inputs.rows(), inputs.cols());
        linear_backward(values_of(inputs), values_of(weights), dy, m, values_of(dnormed), gradients.weights);
        if (gradients.x.empty() && gradients.norm.empty()) return;
        rms_norm_backward(layer.norm(), x, values_of(dnormed), gradients.x, gradients.norm);
    }
}

}  // namespace TERNION_ABI
}  // namespace ternion
