#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "../core/executor.hpp"
#include "../quant/absmax.hpp"
#include "activations.hpp"
#include "int4_activations.hpp"

namespace ternion {

namespace detail {

template <class Policy>
auto activations_of() {
    if constexpr (requires { typename Policy::Activations; }) {
        return std::type_identity<typename Policy::Activations>{};
    } else {
        return std::type_identity<QuantizedActivations>{};
    }
}

}  // namespace detail

/// What holds the tokens that a policy quantises: its Activations, or QuantizedActivations where it names none.
template <class Policy>
using ActivationsOf = typename decltype(detail::activations_of<Policy>())::type;

inline namespace TERNION_ABI {

/// Quantises one token x[K] into row m, by a policy that gives an int8 for each input. Every type of activations has
/// such a function, found by its type.
template <class Arch, class Policy>
requires requires(const Policy& policy, const float* x, std::int8_t* q) {
    { policy.template quantize_token<Arch>(x, std::size_t{}, q) } -> std::same_as<TokenScale>;
}
void fill_token(const Policy& policy, QuantizedActivations& out, std::size_t m, const float* x) noexcept {
    const auto result = policy.template quantize_token<Arch>(x, out.inputs(), out.mutable_row(m));
    out.set(m, result.scale, result.sum);
}

/// The policy by which tokens are quantised, once it has seen all of them: itself, as most take each token alone.
template <class Arch, class Policy>
Policy measure_tokens(Policy policy, std::span<const float>) noexcept {
    return policy;
}

}  // namespace TERNION_ABI

/// What quantises activations, a policy such as Absmax<8>, Sparse<...> or Hadamard<...>:
///   policy.quantize_token<Arch>(x, k, q)    one token x[k] into int8 q[k]; gives its TokenScale, x = scale * q, and the
///                                           sum of q; deterministic; a token that isn't finite has the scale NaN
/// and, where something else than int8 rows is wanted, a type `Activations` with tokens(), inputs() and resize(m, k),
/// and an overload fill_token<Arch>(policy, activations, m, x) for it. ActivationsOf says which type it is.
template <class Q, class Arch = default_arch>
concept Quantizer = requires(const Q& policy, ActivationsOf<Q>& out, std::size_t m, const float* x,
                             std::span<const float> all) {
    { out.tokens() } -> std::convertible_to<std::size_t>;
    { out.inputs() } -> std::convertible_to<std::size_t>;
    out.resize(m, m);
    fill_token<Arch>(measure_tokens<Arch>(policy, all), out, m, x);
};

inline namespace TERNION_ABI {

/// Quantises tokens X[M,K], row-major, by a policy such as Absmax<8>{}, each token for itself unless the policy is
/// PerTensor, into `out`, whose memory is reused: ActivationsOf<Policy>, or QuantizedActivations, which hold the
/// integers of every policy that gives one for each input. Throws std::invalid_argument unless x holds M * K values.
/// The executor splits tokens.
template <class Arch = default_arch, class Policy, class Held, class E = Serial>
void quantize(Policy policy, std::span<const float> x, std::size_t m, std::size_t k, Held& out, E&& executor = {}) {
    if (x.size() != m * k) {
        TERNION_THROW(std::invalid_argument, "quantize: " + std::to_string(m) + " tokens of " + std::to_string(k) +
                                                 " inputs are " + std::to_string(m * k) + " values, not " +
                                                 std::to_string(x.size()));
    }
    out.resize(m, k);
    const auto measured = measure_tokens<Arch>(policy, x);
    split(m, 1, executor, [&](std::size_t begin, std::size_t end) {
        for (std::size_t token = begin; token < end; ++token)
            fill_token<Arch>(measured, out, token, x.data() + token * k);
    });
}

}  // namespace TERNION_ABI
}  // namespace ternion
