#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "../core/executor.hpp"
#include "../quant/absmax.hpp"
#include "../quant/grouped.hpp"
#include "../simd/isa.hpp"
#include "activations.hpp"

namespace ternion {

namespace detail {

template <class Q>
auto activations_of() {
    if constexpr (requires { typename Q::Activations; }) {
        return std::type_identity<typename Q::Activations>{};
    } else {
        return std::type_identity<QuantizedActivations>{};
    }
}

}  // namespace detail

/// What a quantizer fills: its Activations, or QuantizedActivations where it names none.
template <class Q>
using ActivationsOf = typename decltype(detail::activations_of<Q>())::type;

/// A quantizer that takes a token and gives its integers.
template <class Q, class Arch>
concept TokenQuantizer = requires(const Q& quantizer, const float* x, std::int8_t* q) {
    { quantizer.template quantize_token<Arch>(x, std::size_t{}, q) } -> std::same_as<TokenScale>;
};
/// A quantizer that changes a token before another one, `inner`, quantises it.
template <class Q>
concept TransformingQuantizer = requires(const Q& quantizer, const float* x, float* changed) {
    quantizer.transform_token(x, std::size_t{}, changed);
    { Q::scratch_values(std::size_t{}) } -> std::convertible_to<std::size_t>;
    quantizer.inner;
};

inline namespace TERNION_ABI {

/// Quantises one token x[K] into row m, by a quantizer that gives an int8 for each input. Every type of activations has
/// such a function, found by its type.
template <class Arch, TokenQuantizer<Arch> Q>
void fill_token(const Q& quantizer, QuantizedActivations& out, std::size_t m, const float* x) noexcept {
    const TokenScale result = quantizer.template quantize_token<Arch>(x, out.inputs(), out.mutable_row(m));
    out.set(m, result.scale, result.sum);
}

/// The sums of every 64 of `count` integers; the last ones may be fewer. Exact.
template <class Arch = default_arch>
void sum_groups_of_token(const std::int8_t* q, std::size_t count, std::int32_t* sums) noexcept {
    using B = backend_of<Arch>;
    constexpr std::size_t inputs = QuantizedActivations::sum_inputs;
    static_assert(inputs % B::bytes == 0 && inputs / B::bytes <= B::fold_every(1));
    const auto ones = B::splat(1);
    for (std::size_t k = 0; k < count; k += inputs) {
        alignas(64) std::int8_t last[inputs] = {};
        const std::int8_t* group = q + k;
        if (count - k < inputs) group = (std::copy_n(group, count - k, last), last);
        auto sum = B::narrow_zero();
        for (std::size_t i = 0; i < inputs; i += B::bytes)
            sum = B::dot(sum, ones, B::load(group + i));
        sums[k / inputs] = static_cast<std::int32_t>(B::sum(B::template fold<0>(B::wide_zero(), sum)));
    }
}

/// Quantises one token x[K] into row m, each group of inputs by a scale of its own. The sums of groups are still to be
/// added.
template <class Arch, TokenQuantizer<Arch> Q>
void fill_group_scales(const Q& quantizer, QuantizedActivations& out, std::size_t m, const float* x) noexcept {
    std::int8_t* q = out.mutable_row(m);
    float* scales = out.mutable_group_scales(m);
    std::int32_t sum = 0;
    for (std::size_t k = 0; k < out.inputs(); k += out.group_inputs()) {
        const std::size_t count = (std::min)(out.group_inputs(), out.inputs() - k);
        const TokenScale group = quantizer.template quantize_token<Arch>(x + k, count, q + k);
        scales[k / out.group_inputs()] = group.scale;
        sum += group.sum;
    }
    out.set(m, not_finite.scale, sum);  // there is no scale of the whole token
}

/// The same, with the sums.
template <class Arch, TokenQuantizer<Arch> Q>
void fill_token_groups(const Q& quantizer, QuantizedActivations& out, std::size_t m, const float* x) noexcept {
    fill_group_scales<Arch>(quantizer, out, m, x);
    sum_groups_of_token<Arch>(out.row(m).data(), out.inputs(), out.mutable_group_sums(m));
}
template <class Arch, class Inner, std::size_t Inputs>
void fill_token(const Grouped<Inner, Inputs>& quantizer, QuantizedActivations& out, std::size_t m,
                const float* x) noexcept {
    fill_token_groups<Arch>(quantizer.inner, out, m, x);
}

/// Makes room for m tokens of k inputs and what this quantizer needs beside them.
template <class Q, class Activations>
void make_room(const Q&, Activations& out, std::size_t m, std::size_t k) {
    out.resize(m, k);
    if constexpr (requires { Q::scratch_values(k); }) out.make_scratch(Q::scratch_values(k));
    if constexpr (requires { Q::group_inputs; }) out.make_group_scales(Q::group_inputs);
}

/// What gives the integers in the end: the quantizer, or the last of those within it.
template <class Q>
constexpr const auto& innermost(const Q& quantizer) noexcept {
    if constexpr (TransformingQuantizer<Q>) {
        return innermost(quantizer.inner);
    } else {
        return quantizer;
    }
}

/// Token x[K] into row m by any quantizer: fill_token, behind whatever changes the token first. Changed values stand at
/// the end of its scratch, so that the inner quantizer's own begin where it looks for them.
template <class Arch, class Q, class Activations>
void take_token(const Q& quantizer, Activations& out, std::size_t m, const float* x) noexcept {
    if constexpr (TransformingQuantizer<Q>) {
        const std::size_t k = out.inputs();
        float* changed = out.scratch(m) + (Q::scratch_values(k) - k);
        quantizer.transform_token(x, k, changed);
        take_token<Arch>(quantizer.inner, out, m, changed);
    } else {
        fill_token<Arch>(quantizer, out, m, x);
    }
}

/// The quantizer of a call's M tokens X[M,K], once it has seen all of them: itself, as most take each token alone.
template <class Arch, class Q>
Q measure_tokens(Q quantizer, std::span<const float>, std::size_t) noexcept {
    return quantizer;
}

}  // namespace TERNION_ABI

/// What quantises activations, such as Absmax<8>, Sparse<...> or Hadamard<...>:
///   quantizer.quantize_token<Arch>(x, k, q)   one token x[k] into int8 q[k]; gives its TokenScale
/// x = scale * q, and the sum is that of q; deterministic; a token that isn't finite has the scale NaN. Where something
/// else than int8 rows is wanted, or scales in groups of a token, it has a type `Activations` with tokens(), inputs()
/// and resize(m, k), and an overload fill_token<Arch>(quantizer, activations, m, x) that fills all of it. ActivationsOf
/// says which type it is. Where only the quantizer itself knows how much room it takes, it has an overload of make_room
/// too. One that changes a token first is a TransformingQuantizer.
template <class Q, class Arch = default_arch>
concept Quantizer =
    requires(const Q& quantizer, ActivationsOf<Q>& out, std::size_t m, const float* x, std::span<const float> all) {
        { out.tokens() } -> std::convertible_to<std::size_t>;
        { out.inputs() } -> std::convertible_to<std::size_t>;
        make_room(quantizer, out, m, m);
        fill_token<Arch>(innermost(measure_tokens<Arch>(quantizer, all, m)), out, m, x);
    };

inline namespace TERNION_ABI {

/// Quantises tokens X[M,K], row-major, by a quantizer such as Absmax<8>{}, each token for itself unless it is a
/// PerTensor, into `out`, whose memory is reused: ActivationsOf<Q>, or QuantizedActivations, which hold the integers of
/// every quantizer that gives one for each input. Throws std::invalid_argument unless x holds M * K values.
/// The executor splits tokens.
template <class Arch = default_arch, class Q, class Activations, class E = Serial>
void quantize(const Q& quantizer, std::span<const float> x, std::size_t m, std::size_t k, Activations& out,
              E&& executor = {}) {
    if (x.size() != m * k) {
        TERNION_THROW(std::invalid_argument, "quantize: " + std::to_string(m) + " tokens of " + std::to_string(k) +
                                                 " inputs are " + std::to_string(m * k) + " values, not " +
                                                 std::to_string(x.size()));
    }
    make_room(quantizer, out, m, k);
    const auto measured = measure_tokens<Arch>(quantizer, x, m);
    split(m, 1, executor, [&](std::size_t begin, std::size_t end) {
        for (std::size_t token = begin; token < end; ++token)
            take_token<Arch>(measured, out, token, x.data() + token * k);
    });
}

/// Adds to quantised activations the sums of every 64 inputs of each token, which weights with scales in groups ask for
/// (with_group_scales, with_block_scales). They hold until the activations are quantised anew. Exact. gemv and gemm of
/// float activations do this themselves. The executor splits tokens.
template <class Arch = default_arch, class E = Serial>
void sum_groups(QuantizedActivations& x, E&& executor = {}) {
    x.make_group_sums();
    split(x.tokens(), 1, executor, [&](std::size_t begin, std::size_t end) {
        for (std::size_t m = begin; m < end; ++m)
            sum_groups_of_token<Arch>(x.row(m).data(), x.inputs(), x.mutable_group_sums(m));
    });
}

/// What follows where weights have scales in groups: the sums of the activations' groups, where their type has such and
/// the quantizer hasn't added them itself.
template <class Arch, class Q, class Activations, class E>
void add_group_sums(const Q&, Activations& x, E& executor) {
    if constexpr (requires { sum_groups<Arch>(x, executor); }) {
        if (!x.has_group_sums()) sum_groups<Arch>(x, executor);
    }
}

}  // namespace TERNION_ABI
}  // namespace ternion
