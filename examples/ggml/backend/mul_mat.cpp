#include "mul_mat.hpp"

#include <stdexcept>
#include <string>
#include <ternion/ops/weights.hpp>

#include "../kernels.hpp"
#include "buffer.hpp"
#include "packed_tensor.hpp"

namespace ternion_ggml {
namespace {

std::size_t size(std::int64_t n) noexcept {
    return static_cast<std::size_t>(n);
}

}  // namespace

bool supports(const ternion::KernelTable& table, const ggml_tensor* operation) noexcept {
    if (operation->op != GGML_OP_MUL_MAT) return false;
    const ggml_tensor* w = operation->src[0];
    const ggml_tensor* x = operation->src[1];
    return find_ternary(table, w->type) != nullptr && w->view_src == nullptr && x->type == GGML_TYPE_F32 &&
           ggml_is_contiguous(x) && operation->type == GGML_TYPE_F32 && ggml_is_contiguous(operation) &&
           size(w->ne[0]) <= ternion::max_inputs;
}

void MulMat::operator()(ggml_tensor* y) {
    const ggml_tensor& w = *y->src[0];
    const ggml_tensor& x = *y->src[1];
    PackedTensor* weights = packed(&w);
    if (weights == nullptr) {
        throw std::runtime_error("expected the weights of " + std::string(y->name) +
                                 " in a buffer of this backend, found " + w.name + " elsewhere");
    }
    const auto& matrices = weights->matrices();
    // The matrices of X that one matrix of W is for: X has a multiple of W's in each of both dimensions, and those of
    // the inner one lie side by side.
    const std::size_t inner = size(x.ne[2] / w.ne[2]), outer = size(x.ne[3] / w.ne[3]);
    const std::size_t tokens = size(x.ne[1]) * inner;
    const auto* from = static_cast<const float*>(x.data);
    auto* to = static_cast<float*>(y->data);
    for (std::size_t i = 0; i < size(x.ne[3] * w.ne[2]) && tokens != 0; ++i) {
        const std::size_t matrix = i / size(w.ne[2]) / outer * size(w.ne[2]) + i % size(w.ne[2]);
        if (matrices.empty()) {
            multiply_raw(w, weights->raw() + matrix * w.nb[2], from, tokens, to);
        } else {
            multiply_ternary(matrices[matrix], size(ggml_blck_size(w.type)), from, tokens, to);
        }
        from += tokens * size(w.ne[0]);
        to += tokens * size(w.ne[1]);
    }
}

void MulMat::multiply_ternary(const ternion::AnyTernary& w, std::size_t block, const float* x, std::size_t tokens,
                              float* y) {
    const ternion::AnyQuantizer quantizer(table_.quantizer("absmax8"), scales_ == ActivationScales::token ? 0 : block);
    const std::size_t k = w.cols();
    quantize(quantizer, {x, tokens * k}, tokens, k, activations_, threads_);
    if (w.needs_group_sums()) add_group_sums<ternion::default_arch>(quantizer, activations_, threads_);
    multiply_weights(w, activations_, {0, w.rows()}, ternion::Output<float>{y, w.rows()}, threads_);
}

/// As ggml does it where it has no kernel: rows become floats. For weights that are no trits, which no model has.
void MulMat::multiply_raw(const ggml_tensor& w, const std::byte* rows, const float* x, std::size_t tokens, float* y) {
    const std::size_t n = size(w.ne[1]), k = size(w.ne[0]);
    const auto to_float = ggml_get_type_traits(w.type)->to_float;
    split(n, 1, threads_, [&](std::size_t begin, std::size_t end) {
        std::vector<float> row(k);
        for (std::size_t i = begin; i < end; ++i) {
            to_float(rows + i * w.nb[1], row.data(), w.ne[0]);
            for (std::size_t m = 0; m < tokens; ++m) {
                double sum = 0;
                for (std::size_t j = 0; j < k; ++j)
                    sum += static_cast<double>(row[j]) * static_cast<double>(x[m * k + j]);
                y[m * n + i] = static_cast<float>(sum);
            }
        }
    });
}

}  // namespace ternion_ggml
