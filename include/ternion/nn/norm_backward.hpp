#pragma once

// The backward passes of the norms. It needs Eigen.

#include <cmath>
#include <cstddef>
#include <span>

#include "../ops/gemm.hpp"
#include "../tensor/eigen.hpp"
#include "layer_norm.hpp"
#include "rms_norm.hpp"

namespace ternion {
inline namespace TERNION_ABI {

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
        // In double, as the norm itself has it: squares of large values would overflow.
        const double mean = in.cast<double>().square().mean();
        const auto factor = static_cast<float>(1 / std::sqrt(mean + static_cast<double>(norm.eps())));
        if (!dx.empty()) {
            // The factor depends on all channels: the second term.
            const float along = (in * weight * out).sum() / static_cast<float>(n);
            MutableRow(dx.data() + at, width) += factor * (weight * out - (factor * factor * along) * in);
        }
        if (!dweight.empty()) MutableRow(dweight.data(), width) += factor * in * out;
    }
}

/// Adds the gradient of y = norm(x) for the tokens x[M, channels] to dx; LayerNorm has no weights. Computed in double.
/// Nothing may overlap. Throws std::invalid_argument for sizes that don't match.
inline void layer_norm_backward(const LayerNorm& norm, std::span<const float> x, std::span<const float> dy,
                                std::span<float> dx) {
    const std::size_t n = norm.channels();
    detail::check_size("layer_norm_backward: x", x.size() / n * n, x.size());
    detail::check_size("layer_norm_backward: dy", x.size(), dy.size());
    detail::check_size("layer_norm_backward: dx", x.size(), dx.size());
    using Row = Eigen::Map<const Eigen::ArrayXf>;
    const auto width = static_cast<Eigen::Index>(n);
    for (std::size_t at = 0; at < x.size(); at += n) {
        const Eigen::ArrayXd in = Row(x.data() + at, width).cast<double>();
        const Eigen::ArrayXd out = Row(dy.data() + at, width).cast<double>();
        const Eigen::ArrayXd centred = in - in.mean();
        const double factor = 1 / std::sqrt(centred.square().mean() + static_cast<double>(norm.eps()));
        const Eigen::ArrayXd normed = factor * centred;
        // Mean and factor depend on all channels: the second and third term.
        const Eigen::ArrayXd gradient = factor * (out - out.mean() - (normed * out).mean() * normed);
        Eigen::Map<Eigen::ArrayXf>(dx.data() + at, width) += gradient.cast<float>();
    }
}

/// The backward pass of a BitLinear's norm, an overload for each: from dy, the gradient of norm(x), it adds to dx and
/// to dweight, either of which may be empty. Throws std::invalid_argument for sizes that don't match, and so for a
/// dweight where the norm has no weights.
inline void norm_backward(const RmsNorm& norm, std::span<const float> x, std::span<const float> dy, std::span<float> dx,
                          std::span<float> dweight) {
    rms_norm_backward(norm, x, dy, dx, dweight);
}
inline void norm_backward(const LayerNorm& norm, std::span<const float> x, std::span<const float> dy,
                          std::span<float> dx, std::span<float> dweight) {
    detail::check_size("norm_backward: dweight of LayerNorm", 0, dweight.size());
    if (!dx.empty()) layer_norm_backward(norm, x, dy, dx);
}
inline void norm_backward(const NoNorm&, std::span<const float> x, std::span<const float> dy, std::span<float> dx,
                          std::span<float> dweight) {
    detail::check_size("norm_backward: dweight without a norm", 0, dweight.size());
    if (dx.empty()) return;
    detail::check_size("norm_backward: dx", x.size(), dx.size());
    detail::check_size("norm_backward: dy", x.size(), dy.size());
    for (std::size_t i = 0; i < dx.size(); ++i)
        dx[i] += dy[i];
}

}  // namespace TERNION_ABI
}  // namespace ternion
