#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "../core/aligned_buffer.hpp"
#include "../core/config.hpp"
#include "../core/executor.hpp"
#include "../ops/gemm.hpp"
#include "../quant/absmax.hpp"
#include "../tensor/packed_ternary.hpp"
#include "../tensor/quantize.hpp"
#include "rms_norm.hpp"

namespace ternion {

/// The workspace of layers that hold activations alike: one a caller (not a layer), reused; it grows to the largest
/// layer and batch and then allocates no more.
template <class Held>
struct BitLinearWorkspaceOf {
    Held activations;
    AlignedBuffer<float> normed;
};
using BitLinearWorkspace = BitLinearWorkspaceOf<QuantizedActivations>;

/// A linear layer with ternary weights, y = W · quantised(norm(x)), composed of a packing for the weights, a quantizer
/// for the activations and a norm before it: BitLinear<Interleaved2x16> is b1.58's, with RmsNorm as third argument its
/// form with a sub-norm. W[N,K], x [M,K], y [M,N], all row-major. The quantizer also says what holds its tokens, and
/// that which product is taken. Const and so free to be used by several callers, each with its own workspace. The
/// integer product is exact; the float result is Output's formula. Source: arXiv 2402.17764, section 2;
/// docs/family.md has the instances of other papers.
template <Packing P, class Activations = Absmax<8>, class Norm = NoNorm, class Arch = default_arch>
class BitLinear {
 public:
    using Held = ActivationsOf<Activations>;
    using Workspace = BitLinearWorkspaceOf<Held>;

    /// Throws std::invalid_argument where the norm has other channels than the weights have inputs.
    explicit BitLinear(PackedTernary<P> weights, Norm norm = {})
        : weights_(std::move(weights)), norm_(std::move(norm)) {
        if constexpr (!std::is_same_v<Norm, NoNorm>) {
            if (norm_.channels() == inputs()) return;
            TERNION_THROW(std::invalid_argument, "BitLinear: a norm of " + std::to_string(norm_.channels()) +
                                                     " channels before weights of " + std::to_string(inputs()) +
                                                     " inputs");
        }
    }

    [[nodiscard]] std::size_t inputs() const noexcept { return weights_.cols(); }
    [[nodiscard]] std::size_t outputs() const noexcept { return weights_.rows(); }
    [[nodiscard]] const PackedTernary<P>& weights() const noexcept { return weights_; }
    [[nodiscard]] const Norm& norm() const noexcept { return norm_; }

    /// y = W · quantised(norm(x)) for m tokens. Throws std::invalid_argument for sizes that don't match.
    template <class E = Serial>
    void forward(std::span<const float> x, std::size_t m, std::span<float> y, Workspace& workspace,
                 E&& executor = {}) const {
        prepare(x, m, workspace, executor);
        forward(workspace.activations, y, executor);
    }

    /// y += W · quantised(norm(x)): the residual is added in the epilogue.
    template <class E = Serial>
    void forward_add(std::span<const float> x, std::size_t m, std::span<float> y, Workspace& workspace,
                     E&& executor = {}) const {
        prepare(x, m, workspace, executor);
        detail::check_size("BitLinear: y", m * outputs(), y.size());
        multiply<Arch>(weights_.view(), workspace.activations, {0, outputs()},
                       Output<float>{y.data(), outputs(), y.data(), outputs()}, executor);
    }

    /// y = W · x for activations that are normalised and quantised already, as layers that share an input have them.
    template <class E = Serial>
    void forward(const Held& x, std::span<float> y, E&& executor = {}) const {
        gemm<Arch>(weights_, x, y, executor);
    }

    /// Normalises and quantises m tokens into workspace.activations, for `forward` of this layer and its siblings.
    template <class E = Serial>
    void prepare(std::span<const float> x, std::size_t m, Workspace& workspace, E&& executor = {}) const {
        detail::check_size("BitLinear: x", m * inputs(), x.size());
        std::span<const float> normed = x;
        if constexpr (!std::is_same_v<Norm, NoNorm>) {
            workspace.normed.resize(x.size());
            norm_(x, {workspace.normed.data(), x.size()}, executor);
            normed = {workspace.normed.data(), x.size()};
        }
        quantize<Arch>(Activations{}, normed, m, inputs(), workspace.activations, executor);
    }

 private:
    PackedTernary<P> weights_;
    Norm norm_;
};

}  // namespace ternion
