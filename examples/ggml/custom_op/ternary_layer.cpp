#include "ternary_layer.hpp"

#include <span>
#include <stdexcept>
#include <string>
#include <ternion/ops/weights.hpp>

#include "../kernels.hpp"

namespace ternion_ggml {
namespace {

ternion::AnyTernary borrow_weights(const ternion::KernelTable& table, const ggml_tensor& w) {
    const ternion::PackingKernels* kernels = find_ternary(table, w.type);
    if (kernels == nullptr || !ggml_is_contiguous(&w) || ggml_n_dims(&w) > 2 || w.data == nullptr) {
        throw std::invalid_argument(std::string(w.name) +
                                    ": expected a contiguous matrix of type tq1_0, tq2_0 or q2_0, found " +
                                    ggml_type_name(w.type) + " of " + std::to_string(ggml_n_dims(&w)) + " dimensions");
    }
    const std::span bytes(static_cast<const std::byte*>(w.data), ggml_nbytes(&w));
    ternion::TernaryBytes matrix =
        borrow(kernels->packing, bytes, static_cast<std::size_t>(w.ne[1]), static_cast<std::size_t>(w.ne[0]));
    matrix.group_inputs = kernels->packing.group_inputs;  // the scales are among the bytes
    return {*kernels, matrix};
}

/// The share of a thread: `count` things in `threads` ranges that begin at multiples of `step`.
ternion::RowRange share(std::size_t count, std::size_t step, int thread, int threads) noexcept {
    const std::size_t steps = ternion::ceil_div(count, step);
    const auto at = [&](int i) {
        return (std::min)(count, steps * static_cast<std::size_t>(i) / static_cast<std::size_t>(threads) * step);
    };
    return {at(thread), at(thread + 1)};
}

}  // namespace

TernaryLayer::TernaryLayer(const ternion::KernelTable& table, const ggml_tensor& weights)
    : weights_(borrow_weights(table, weights)),
      quantizer_(table.quantizer("absmax8"), weights_.packing().group_inputs) {}

ggml_tensor* TernaryLayer::build(ggml_context* context, ggml_tensor* x) {
    if (x->type != GGML_TYPE_F32 || !ggml_is_contiguous(x) || ggml_n_dims(x) > 2 ||
        static_cast<std::size_t>(x->ne[0]) != weights_.cols()) {
        throw std::invalid_argument(std::string(x->name) + ": expected contiguous F32 activations of " +
                                    std::to_string(weights_.cols()) + " inputs, found " + ggml_type_name(x->type) +
                                    " of " + std::to_string(x->ne[0]));
    }
    make_room(quantizer_, activations_, static_cast<std::size_t>(x->ne[1]), weights_.cols());

    // The activations lie in this object. What the first operation gives ggml is a value that nobody reads, but that
    // the second one depends on, so that ggml runs the one after the other.
    const auto quantize = [](ggml_tensor* done, int thread, int threads, void* self) {
        const ggml_tensor* in = done->src[0];
        const auto tokens = share(static_cast<std::size_t>(in->ne[1]), 1, thread, threads);
        static_cast<TernaryLayer*>(self)->quantize_tokens(static_cast<const float*>(in->data), tokens.begin,
                                                          tokens.end);
        if (thread == 0) *static_cast<float*>(done->data) = 0;
    };
    const auto multiply = [](ggml_tensor* y, int thread, int threads, void* self) {
        const auto& layer = *static_cast<const TernaryLayer*>(self);
        const std::size_t n = layer.weights_.rows();
        layer.weights_.multiply(layer.activations_, share(n, 16, thread, threads),
                                ternion::Output<float>{static_cast<float*>(y->data), n});
    };
    ggml_tensor* quantized =
        ggml_custom_4d(context, GGML_TYPE_F32, 1, 1, 1, 1, &x, 1, quantize, GGML_N_TASKS_MAX, this);
    return ggml_custom_4d(context, GGML_TYPE_F32, static_cast<std::int64_t>(weights_.rows()), x->ne[1], 1, 1,
                          &quantized, 1, multiply, GGML_N_TASKS_MAX, this);
}

void TernaryLayer::compute(const float* x, std::size_t tokens, float* y) {
    make_room(quantizer_, activations_, tokens, weights_.cols());
    quantize_tokens(x, 0, tokens);
    weights_.multiply(activations_, {0, weights_.rows()}, ternion::Output<float>{y, weights_.rows()});
}

void TernaryLayer::quantize_tokens(const float* x, std::size_t begin, std::size_t end) noexcept {
    for (std::size_t m = begin; m < end; ++m)
        ternion::fill_token<ternion::default_arch>(quantizer_, activations_, m, x + m * weights_.cols());
}

}  // namespace ternion_ggml
