#pragma once

#include <ggml.h>

#include <cstddef>
#include <string_view>
#include <ternion/core/openmp.hpp>
#include <ternion/runtime/any_ternary.hpp>
#include <vector>

namespace ternion_ggml {

/// How the inputs of a token share the scale of their int8 numbers: as ggml's own products of these types do, a scale
/// for each block of weights (256 inputs, 64 of Q2_0), or one for the token, as BitNet b1.58 was trained.
enum class ActivationScales { block, token };

/// Whether MulMat computes this operation: MUL_MAT of a whole, contiguous tensor of a ternary type with contiguous F32
/// activations.
bool supports(const ternion::KernelTable& table, const ggml_tensor* operation) noexcept;

/// Computes ggml's MUL_MAT: Y[M,N] = X[M,K] · W[N,K]ᵀ for each matrix of a batch, broadcast as ggml does. Sums of
/// integers are exact, so results don't depend on the number of threads or the batch. A workspace for one caller.
class MulMat {
 public:
    MulMat(const ternion::KernelTable& table, ActivationScales scales) noexcept : table_(table), scales_(scales) {}

    void set_threads(int threads) noexcept { threads_ = ternion::OpenMP(threads); }

    /// Throws std::runtime_error where the weights don't lie in a buffer of this backend, and std::bad_alloc.
    void operator()(ggml_tensor* y);

 private:
    void multiply_ternary(const ternion::AnyTernary& w, std::size_t block, const float* x, std::size_t tokens,
                          float* y);
    void multiply_raw(const ggml_tensor& w, const std::byte* rows, const float* x, std::size_t tokens, float* y);

    const ternion::KernelTable& table_;
    ActivationScales scales_;
    ternion::OpenMP threads_{};
    ternion::AnyActivations activations_;
};

}  // namespace ternion_ggml
