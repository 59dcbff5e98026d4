// gemv, gemm, and the full form of both.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <ternion/core/float16.hpp>
#include <ternion/ops/weights.hpp>
#include <type_traits>
#include <vector>

#include "callback_executor.hpp"
#include "handles.hpp"
#include "quantize_tokens.hpp"

using namespace ternion_c;

namespace {

using ternion::RowRange;

/// Where a product of `weights` writes: checked, and apart from what it multiplies by.
template <class T>
Rows results_of(const ternion_weights& weights, T* y, size_t y_count, size_t y_ld, size_t m, size_t columns) {
    const Rows results = rows_of("y", y, y_count, y_ld, m, columns);
    check_apart(results, bytes_of(weights));
    return results;
}

void gemm_int8(const ternion_weights* weights, size_t m, const int8_t* q, size_t q_count, size_t q_ld, int32_t* y,
               size_t y_count, size_t y_ld, const ternion_executor* executor) {
    const auto& [isa, w] = required("weights", weights);
    CallbackExecutor threads(executor);
    const Rows from = rows_of("q", q, q_count, q_ld, m, w.cols());
    check_apart(results_of(*weights, y, y_count, y_ld, m, w.rows()), from);
    if (m == 0) return;  // leading dimensions of nothing may be anything
    int32_t one = 0;
    std::vector<int32_t> many(m > 1 ? m : 0);
    int32_t* sums = m > 1 ? many.data() : &one;
    for (size_t token = 0; token < m; ++token)
        sums[token] = isa->table.sum_of(q + token * q_ld, w.cols());
    const ternion::ActivationView x{q, m, w.cols(), q_ld, nullptr, sums};
    ternion::multiply_weights(w, x, RowRange{0, w.rows()}, ternion::Output<int32_t>{y, y_ld}, threads);
}

void gemm_float(const ternion_weights* weights, size_t m, const float* x, size_t x_count, size_t x_ld, float* y,
                size_t y_count, size_t y_ld, const ternion_executor* executor) {
    const auto& [isa, w] = required("weights", weights);
    CallbackExecutor threads(executor);
    const Rows from = rows_of("x", x, x_count, x_ld, m, w.cols());
    check_apart(results_of(*weights, y, y_count, y_ld, m, w.rows()), from);
    check_shape("activations", std::max<size_t>(m, 1), w.cols());
    if (m == 0) return;
    const ternion::AnyQuantizer by(isa->table.quantizer("absmax8"));
    ternion::AnyActivations quantised;
    quantize_tokens(by, x, x_ld, m, w.cols(), quantised, threads);
    if (w.needs_group_sums()) ternion::add_group_sums<ternion::default_arch>(by, quantised, threads);
    ternion::multiply_weights(w, quantised, RowRange{0, w.rows()}, ternion::Output<float>{y, y_ld}, threads);
}

/// Throws where a token isn't finite, which an integer can't say.
void check_finite(const ternion::ActivationView& x) {
    const size_t scales = x.group_scales == nullptr ? 1 : ternion::ceil_div(x.k, x.group_inputs);
    const float* values = x.group_scales == nullptr ? x.scales : x.group_scales;
    for (size_t i = 0; i < x.m * scales; ++i) {
        if (std::isnan(values[i]))
            refuse("token " + std::to_string(i / scales) + " isn't finite: it has no int32 sums");
    }
}

template <class Out>
void multiply_into(const ternion_weights& weights, const ternion::AnyActivations& x, RowRange rows,
                   const ternion_output& output, const CallbackExecutor& threads) {
    const Rows to = results_of(weights, static_cast<Out*>(output.data), output.count, output.ld, x.tokens(), rows.end);
    if (output.residual != nullptr) {
        const Rows residual =
            rows_of("residual", output.residual, output.residual_count, output.residual_ld, x.tokens(), rows.end);
        const bool itself = std::is_same_v<Out, float> && output.residual == output.data && output.residual_ld == to.ld;
        if (!itself) check_apart(to, residual);
    }
    if (rows.begin == rows.end || x.tokens() == 0) return;
    const ternion::Output<Out> out{static_cast<Out*>(output.data), output.ld, output.residual, output.residual_ld};
    if constexpr (std::is_same_v<Out, int32_t>) {
        if (output.residual != nullptr) refuse("int32 results take no residual");
        if (x.are_floats()) refuse("activations stayed floats (quantizer \"none\"): they have no int32 sums");
        check_finite(x.quantized().view());
        ternion::multiply_weights(weights.matrix, x.quantized(), rows, out, threads);
    } else {
        ternion::multiply_weights(weights.matrix, x, rows, out, threads);
    }
}

}  // namespace

ternion_status ternion_gemv_int8(const ternion_weights* weights, const int8_t* q, size_t q_count, int32_t* y,
                                 size_t y_count, const ternion_executor* executor) {
    return guarded("ternion_gemv_int8", [&] {
        const auto& w = required("weights", weights).matrix;
        exactly("q", q, q_count, w.cols());
        exactly("y", y, y_count, w.rows());
        gemm_int8(weights, 1, q, q_count, q_count, y, y_count, y_count, executor);
    });
}

ternion_status ternion_gemv_float(const ternion_weights* weights, const float* x, size_t x_count, float* y,
                                  size_t y_count, const ternion_executor* executor) {
    return guarded("ternion_gemv_float", [&] {
        const auto& w = required("weights", weights).matrix;
        exactly("x", x, x_count, w.cols());
        exactly("y", y, y_count, w.rows());
        gemm_float(weights, 1, x, x_count, x_count, y, y_count, y_count, executor);
    });
}

ternion_status ternion_gemm_int8(const ternion_weights* weights, size_t m, const int8_t* q, size_t q_count, size_t q_ld,
                                 int32_t* y, size_t y_count, size_t y_ld, const ternion_executor* executor) {
    return guarded("ternion_gemm_int8", [&] { gemm_int8(weights, m, q, q_count, q_ld, y, y_count, y_ld, executor); });
}

ternion_status ternion_gemm_float(const ternion_weights* weights, size_t m, const float* x, size_t x_count, size_t x_ld,
                                  float* y, size_t y_count, size_t y_ld, const ternion_executor* executor) {
    return guarded("ternion_gemm_float", [&] { gemm_float(weights, m, x, x_count, x_ld, y, y_count, y_ld, executor); });
}

ternion_status ternion_multiply(const ternion_weights* weights, const ternion_activations* activations,
                                size_t row_begin, size_t row_end, const ternion_output* output,
                                const ternion_executor* executor) {
    return guarded("ternion_multiply", [&] {
        const auto& w = required("weights", weights);
        const auto& x = required("activations", activations).values;
        const auto& out = required("output", output);
        const CallbackExecutor threads(executor);
        if (x.inputs() != w.matrix.cols()) {
            refuse("activations have " + std::to_string(x.inputs()) + " inputs, and weights " +
                   std::to_string(w.matrix.cols()));
        }
        if (row_begin > row_end || row_end > w.matrix.rows()) {
            refuse("rows " + std::to_string(row_begin) + " to " + std::to_string(row_end) + " of " +
                   std::to_string(w.matrix.rows()));
        }
        if (out.reserved != 0) refuse("output.reserved is " + std::to_string(out.reserved) + ": expected 0");
        const RowRange rows{row_begin, row_end};
        switch (out.type) {
            case TERNION_INT32:
                return multiply_into<int32_t>(w, x, rows, out, threads);
            case TERNION_FLOAT32:
                return multiply_into<float>(w, x, rows, out, threads);
            case TERNION_FLOAT16:
                return multiply_into<ternion::Float16>(w, x, rows, out, threads);
            case TERNION_BFLOAT16:
                return multiply_into<ternion::BFloat16>(w, x, rows, out, threads);
            default:
                refuse("output has the type " + std::to_string(out.type) +
                       ": expected one of TERNION_INT32 (0) to "
                       "TERNION_BFLOAT16 (3)");
        }
    });
}
