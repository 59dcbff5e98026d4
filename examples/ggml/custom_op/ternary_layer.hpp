#pragma once

#include <ggml.h>

#include <cstddef>
#include <ternion/runtime/any_ternary.hpp>

namespace ternion_ggml {

/// A layer of ternary weights for graphs of ggml, through its public interface alone: two custom operations, which run
/// on ggml's threads. The first quantises activations, a token on each thread; the second multiplies, a range of rows
/// of W on each. The weights stay where ggml holds them, and are borrowed. Must outlive the graphs that it is part of,
/// and is for one graph at a time.
class TernaryLayer {
 public:
    /// W[N,K], a matrix of type TQ1_0, TQ2_0 or Q2_0 whose bytes are in host memory and set. Throws
    /// std::invalid_argument for another type, for a view and for bytes that are no ternary matrix.
    TernaryLayer(const ternion::KernelTable& table, const ggml_tensor& weights);

    /// Adds Y[M,N] = X[M,K] · W[N,K]ᵀ to a graph's context; X is F32 and contiguous. Throws std::invalid_argument for
    /// anything else.
    ggml_tensor* build(ggml_context* context, ggml_tensor* x);

    /// The same on the calling thread, without ggml: y[M,N] of x[M,K].
    void compute(const float* x, std::size_t tokens, float* y);

    [[nodiscard]] const ternion::AnyTernary& weights() const noexcept { return weights_; }

 private:
    void quantize_tokens(const float* x, std::size_t begin, std::size_t end) noexcept;

    ternion::AnyTernary weights_;
    ternion::AnyQuantizer quantizer_;
    ternion::AnyActivations activations_;
};

}  // namespace ternion_ggml
