#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "../core/executor.hpp"
#include "../quant/absmax.hpp"
#include "../simd/isa.hpp"
#include "activations.hpp"

namespace ternion {

namespace detail {

template <class Quantizer>
auto activations_of() {
    if constexpr (requires { typename Quantizer::Activations; }) {
        return std::type_identity<typename Quantizer::Activations>{};
    } else {
        return std::type_identity<QuantizedActivations>{};
    }
}

}  // namespace detail

/// What a quantizer fills: its Activations, or QuantizedActivations where it names none.
template <class Quantizer>
using ActivationsOf = typename decltype(detail::activations_of<Quantizer>())::type;

inline namespace TERNION_ABI {

/// Quantises one token x[K] into row m. Every type of activations has such a function, found by its type.
template <class Arch, class Quantizer>
void fill_token(Quantizer quantizer, QuantizedActivations& out, std::size_t m, const float* x) noexcept {
    std::int8_t* q = out.mutable_row(m);
    TokenScale result;
    if constexpr (requires { Quantizer::scratch_values(out.inputs()); }) {
        result = quantizer.template quantize_token<Arch>(x, out.inputs(), q, out.scratch(m));
    } else {
        result = quantizer.template quantize_token<Arch>(x, out.inputs(), q);
    }
    out.set(m, result.scale, result.sum);
}

/// The quantizer of a call's tokens, once it has seen all of them: itself, as most take each token alone.
template <class Arch, class Quantizer>
Quantizer measure_tokens(Quantizer quantizer, std::span<const float>) noexcept {
    return quantizer;
}

/// Quantises tokens X[M,K], row-major, by a quantizer such as Absmax<8>{}, each token for itself unless it is a
/// PerTensor, into `out`, whose memory is reused: ActivationsOf<Quantizer>, or QuantizedActivations, which hold the
/// integers of every quantizer that gives one for each input. Throws std::invalid_argument unless x holds M * K values.
/// The executor splits tokens.
template <class Arch = default_arch, class Quantizer, class Activations, class E = Serial>
void quantize(Quantizer quantizer, std::span<const float> x, std::size_t m, std::size_t k, Activations& out,
              E&& executor = {}) {
    if (x.size() != m * k) {
        TERNION_THROW(std::invalid_argument, "quantize: " + std::to_string(m) + " tokens of " + std::to_string(k) +
                                                 " inputs are " + std::to_string(m * k) + " values, not " +
                                                 std::to_string(x.size()));
    }
    out.resize(m, k);
    if constexpr (requires { Quantizer::scratch_values(k); }) out.make_scratch(Quantizer::scratch_values(k));
    if constexpr (requires { Quantizer::group_inputs; }) out.make_group_scales(Quantizer::group_inputs);
    const auto measured = measure_tokens<Arch>(quantizer, x);
    split(m, 1, executor, [&](std::size_t begin, std::size_t end) {
        for (std::size_t token = begin; token < end; ++token)
            fill_token<Arch>(measured, out, token, x.data() + token * k);
    });
}

/// The sums of every 64 inputs of one token, whose group sums there is room for.
template <class Arch>
void sum_groups_of(QuantizedActivations& x, std::size_t m) noexcept {
    using B = backend_of<Arch>;
    constexpr std::size_t inputs = QuantizedActivations::sum_inputs;
    static_assert(inputs % B::bytes == 0 && inputs / B::bytes <= B::fold_every(1));
    const auto ones = B::splat(1);
    std::int32_t* sums = x.mutable_group_sums(m);
    const std::int8_t* q = x.row(m).data();
    for (std::size_t k = 0; k < x.inputs(); k += inputs) {
        alignas(64) std::int8_t last[inputs] = {};
        const std::int8_t* group = q + k;
        if (x.inputs() - k < inputs) group = (std::copy_n(group, x.inputs() - k, last), last);
        auto sum = B::narrow_zero();
        for (std::size_t i = 0; i < inputs; i += B::bytes)
            sum = B::dot(sum, ones, B::load(group + i));
        sums[k / inputs] = static_cast<std::int32_t>(B::sum(B::template fold<0>(B::wide_zero(), sum)));
    }
}

/// Adds to quantised activations the sums of every 64 inputs of each token, which weights with scales in groups ask for
/// (with_group_scales, with_block_scales). They hold until the activations are quantised anew. Exact. gemv and gemm of
/// float activations do this themselves. The executor splits tokens.
template <class Arch = default_arch, class E = Serial>
void sum_groups(QuantizedActivations& x, E&& executor = {}) {
    x.make_group_sums();
    split(x.tokens(), 1, executor, [&](std::size_t begin, std::size_t end) {
        for (std::size_t m = begin; m < end; ++m)
            sum_groups_of<Arch>(x, m);
    });
}

}  // namespace TERNION_ABI
}  // namespace ternion
