// Activations: quantised here, or the caller's integers.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <string_view>

#include "callback_executor.hpp"
#include "handles.hpp"
#include "quantize_tokens.hpp"
#include "scales.hpp"

using namespace ternion_c;

namespace {

/// fill(values) of a workspace, which is empty if that fails: half of it would be something else than its shape says.
template <class Fill>
void refill(ternion_activations& activations, Fill&& fill) {
    try {
        fill(activations.values);
    } catch (...) {
        activations.values = ternion::AnyActivations{};
        throw;
    }
}

ternion::AnyQuantizer quantizer_of(const ternion_isa& isa, const char* name, size_t group_inputs) {
    if (name == nullptr) name = "absmax8";
    if (std::string_view(name) != "none") {
        const auto& found = by_name([&]() -> const ternion::QuantizerKernels& { return isa.table.quantizer(name); });
        return ternion::AnyQuantizer(found, group_inputs);
    }
    if (group_inputs != 0) refuse("group_inputs is " + std::to_string(group_inputs) + ", but floats have no scales");
    return ternion::AnyQuantizer::unquantized();
}

void copy_token(ternion::QuantizedActivations& to, size_t m, const int8_t* q, std::span<const float> scales) {
    std::copy_n(q, to.inputs(), to.mutable_row(m));
    int32_t* sums = to.mutable_group_sums(m);
    best_isa().table.quantizers.front().sum_groups(q, to.inputs(), sums);
    const int32_t sum = std::accumulate(sums, sums + ternion::ceil_div(to.inputs(), to.sum_inputs), int32_t{0});
    if (to.group_inputs() == 0) return to.set(m, scales.empty() ? 1 : scales[m], sum);
    const size_t groups = ternion::ceil_div(to.inputs(), to.group_inputs());
    std::copy_n(scales.data() + m * groups, groups, to.mutable_group_scales(m));
    to.set(m, std::numeric_limits<float>::quiet_NaN(), sum);  // there is no scale of the whole token
}

}  // namespace

ternion_status ternion_new_activations(ternion_activations** activations) {
    return guarded("ternion_new_activations", [&] {
        required("activations", activations) = nullptr;
        *activations = new ternion_activations;
    });
}

void ternion_free_activations(ternion_activations* activations) {
    delete activations;
}

ternion_status ternion_quantize(const ternion_isa* isa, const char* quantizer, size_t group_inputs, const float* x,
                                size_t x_count, size_t x_ld, size_t m, size_t k, const ternion_executor* executor,
                                ternion_activations* activations) {
    return guarded("ternion_quantize", [&] {
        const auto by = quantizer_of(isa_or_best(isa), quantizer, group_inputs);
        CallbackExecutor threads(executor);
        check_shape("activations", std::max<size_t>(m, 1), k);
        rows_of("x", x, x_count, x_ld, m, k);
        refill(required("activations", activations), [&](ternion::AnyActivations& to) {
            quantize_tokens(by, x, x_ld, m, k, to, threads);
            // For whatever weights they will be multiplied by.
            ternion::add_group_sums<ternion::default_arch>(by, to, threads);
        });
    });
}

ternion_status ternion_set_activations(const int8_t* q, size_t q_count, size_t q_ld, size_t m, size_t k,
                                       const ternion_scales* scales, ternion_activations* activations) {
    return guarded("ternion_set_activations", [&] {
        check_shape("activations", std::max<size_t>(m, 1), k);
        rows_of("q", q, q_count, q_ld, m, k);
        const auto values = values_of(scales, m, k, false);
        refill(required("activations", activations), [&](ternion::AnyActivations& to) {
            ternion::QuantizedActivations& integers = to.as_quantized();
            integers.resize(m, k);
            integers.make_group_sums();
            integers.make_group_scales(scales == nullptr ? 0 : scales->group_inputs);
            for (size_t token = 0; token < m; ++token)
                copy_token(integers, token, q + token * q_ld, values);
        });
    });
}

ternion_status ternion_describe_activations(const ternion_activations* activations, ternion_activations_info* info) {
    return guarded("ternion_describe_activations", [&] {
        required("info", info) = {};
        const auto& values = required("activations", activations).values;
        info->m = values.tokens();
        info->k = values.inputs();
        if (values.are_floats()) return;
        const ternion::ActivationView view = values.quantized().view();
        info->q_ld = view.ld;
        info->q = view.q;
        info->scales = view.group_inputs == 0 ? view.scales : view.group_scales;
        info->group_inputs = view.group_inputs;
    });
}
