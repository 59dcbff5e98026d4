#include "token_work.hpp"

#include <algorithm>
#include <initializer_list>

#include "../model/architecture.hpp"

namespace bitnet {
namespace {

using enum Operation;
using Weights = ModelForm::Weights;

double real(std::size_t count) {
    return static_cast<double>(count);
}

/// Of matrices and norms of one form.
class Counter {
 public:
    Counter(const Config& config, const ModelForm& form) : config_(config), form_(form) {}

    /// W[n,k] · x, its results made floats by scales.
    Work product(LayerTensor tensor) const {
        const std::size_t n = info_of(tensor).rows(config_), k = info_of(tensor).cols(config_);
        Work work = dense(n, k);
        if (form_.weights != Weights::ternary) return work;
        work = {};
        work[form_.sum] = real(n) * (real(k) - 1);
        const std::size_t groups = form_.group_inputs == 0 ? 1 : ternion::ceil_div(k, form_.group_inputs);
        work[float32_mul] = real(n * groups);
        work[float32_add] = real(n * (groups - 1));
        work.bytes = real(form_.packing->bytes({n, k}));
        if (form_.group_inputs != 0) work.bytes += real(n * groups * form_.scale_bytes);
        return work;
    }

    /// RMSNorm of n floats: their squares and the sum of these, then two factors each; and n weights.
    static Work norm(std::size_t n) {
        Work work;
        work[float32_mul] = 3 * real(n);
        work[float32_add] = real(n);
        work.bytes = 4 * real(n);
        return work;
    }

    /// What is in front of a product: n activations made int8 by a factor.
    Work quantized(std::size_t n) const {
        Work work;
        if (form_.weights != Weights::float16) work[float32_mul] = real(n);
        return work;
    }

    Work head() const {
        const std::size_t rows = config_.vocab, k = config_.hidden;
        if (form_.weights != Weights::ternary) return dense(rows, k);
        Work work;
        if (form_.screened_head) {
            constexpr std::size_t row_alignment = 64, numbers_of_row = 12;
            work[int8_mul] = 2 * real(rows * k);
            work[int32_add] = real(rows) * (2 * real(k) - 1);
            work.bytes = real(rows * (ternion::round_up(k, row_alignment) + numbers_of_row));
        } else {
            work[float32_mul] = real(rows * k);
            work[float32_add] = real(rows) * (real(k) - 1);
            work.bytes = real(rows * embedding_row());
        }
        return work;
    }

    std::size_t embedding_row() const {
        if (form_.embedding_row_bytes != 0) return form_.embedding_row_bytes;
        return form_.weights == Weights::int8 ? config_.hidden + 4 : 2 * config_.hidden;
    }

 private:
    /// Of int8 with a scale for a row, or F16.
    Work dense(std::size_t n, std::size_t k) const {
        const bool halves = form_.weights == Weights::float16;
        Work work;
        work[halves ? float16_mul : int8_mul] = real(n * k);
        work[halves ? float16_add : int32_add] = real(n) * (real(k) - 1);
        if (!halves) work[float32_mul] = real(n);
        work.bytes = halves ? 2 * real(n * k) : real(n * k) + 4 * real(n);
        return work;
    }

    const Config& config_;
    const ModelForm& form_;
};

/// RoPE, scores and values of one layer, and what is read of its KV cache.
Work attention_of(const Config& config, const KvFormat& kv, double keys) {
    const double q = real(config.q_size()), turned = q + real(config.kv_size()), heads = real(config.heads);
    Work work;
    work[float32_mul] = 2 * turned + 2 * keys * q + keys * heads + q;  // scores are scaled, values divided at the end
    work[float32_add] = turned + 2 * keys * q + 2 * keys * heads;      // the peak is subtracted, exponentials added
    work.bytes = keys * real(config.kv_heads * kv.bytes()) / real(KvFormat::block);
    if (!config.qk_norms) return work;
    work += Counter::norm(config.q_size());
    work += Counter::norm(config.kv_size());
    work.bytes -= 4 * (turned - 2 * real(config.head_dim));  // all heads share one's weights
    return work;
}

/// Norms and quantizers of one layer.
Work norms_of(const Config& config, const Counter& count) {
    const bool own = config.projection_norms, inner = config.sub_norms || own;
    Work work;
    const auto add = [&](const Work& more, std::size_t times = 1) {
        for (std::size_t i = 0; i < times; ++i)
            work += more;
    };
    add(Counter::norm(config.hidden), own ? 7 : 2);
    add(count.quantized(config.hidden), own ? 5 : 2);
    for (const std::size_t width : {config.q_size(), config.ffn}) {
        add(Counter::norm(width), inner ? 1 : 0);
        add(count.quantized(width));
    }
    return work;
}

void scale(Work& work, double factor) {
    for (double& operations : work.operations)
        operations *= factor;
    work.bytes *= factor;
}

}  // namespace

Work& Work::operator+=(const Work& more) {
    for (std::size_t i = 0; i < operation_kinds; ++i)
        operations[i] += more.operations[i];
    bytes += more.bytes;
    return *this;
}

Work TokenWork::total() const {
    Work all;
    for (const Work& part : parts)
        all += part;
    return all;
}

TokenWork token_work(const Config& config, const ModelForm& form, const KvFormat& kv, double keys) {
    using enum LayerTensor;
    const Counter count(config, form);
    TokenWork work;
    const auto add = [&](TokenPart part, std::initializer_list<LayerTensor> tensors) {
        for (const LayerTensor tensor : tensors)
            work[part] += count.product(tensor);
    };
    add(TokenPart::qkv, {attn_q, attn_k, attn_v});
    add(TokenPart::attention_output, {attn_output});
    add(TokenPart::gate_up, {ffn_gate, ffn_up});
    add(TokenPart::down, {ffn_down});
    work[TokenPart::gate_up][float32_mul] += 2 * real(config.ffn);  // activation(gate) · up
    for (const TokenPart part : {TokenPart::attention_output, TokenPart::down})
        work[part][float32_add] += real(config.hidden);  // to the residual stream
    work[TokenPart::attention] = attention_of(config, kv, keys);
    work[TokenPart::norms] = norms_of(config, count);
    for (Work& part : work.parts)
        scale(part, real(config.layers));
    work[TokenPart::norms] += Counter::norm(config.hidden);
    work[TokenPart::norms].bytes += real(count.embedding_row());
    work[TokenPart::head] = count.head();
    return work;
}

}  // namespace bitnet
