#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "../core/executor.hpp"
#include "../tensor/packed_ternary.hpp"
#include "../tensor/quantize.hpp"
#include "multiply.hpp"

namespace ternion {

/// Tokens X[M,K] as a quantizer prepares them: QuantizedActivations, and every other type that one fills.
template <class X>
concept PreparedActivations = requires(const X& x) {
    { x.tokens() } -> std::same_as<std::size_t>;
    { x.inputs() } -> std::same_as<std::size_t>;
};

namespace detail {

/// Throws unless a buffer has the size that the shapes ask for.
inline void check_size(const char* what, std::size_t expected, std::size_t found) {
    if (expected == found) return;
    TERNION_THROW(std::invalid_argument, std::string(what) + " has " + std::to_string(found) +
                                             " values; the shapes ask for " + std::to_string(expected));
}

/// Throws where activations lack the sums of their groups, and scales in groups, their own or the weights', need them.
template <class X>
void check_group_sums(const char* what, bool needed, const X& x) {
    if constexpr (requires { x.group_inputs(); }) needed = needed || x.group_inputs() != 0;
    if constexpr (requires { x.has_group_sums(); }) {
        if (!needed || x.has_group_sums()) return;
        TERNION_THROW(std::invalid_argument,
                      std::string(what) + ": scales are in groups: call sum_groups on the activations first");
    }
}

}  // namespace detail

inline namespace TERNION_ABI {

/// The sum of k integers, exact for k <= max_inputs.
template <class Arch = default_arch>
std::int32_t sum_of(const std::int8_t* q, std::size_t k) noexcept {
    using B = backend_of<Arch>;
    const auto ones = B::splat(1);
    auto total = B::wide_zero();
    const std::size_t whole = k - k % B::bytes;
    for (std::size_t i = 0; i < whole;) {
        auto sum = B::narrow_zero();
        const std::size_t end = (std::min)(whole, i + B::fold_every(1) * B::bytes);
        for (; i < end; i += B::bytes)
            sum = B::dot(sum, ones, B::load(q + i));
        total = B::template fold<0>(total, sum);
    }
    std::uint32_t sum = B::sum(total);
    for (std::size_t i = whole; i < k; ++i)
        sum += static_cast<std::uint32_t>(std::int32_t{q[i]});
    return static_cast<std::int32_t>(sum);
}

/// Y[M,N] = X[M,K] · W[N,K]ᵀ, exact integers. q is row-major [M,K], any int8 including -128; y is row-major [M,N] and
/// doesn't overlap q. w is a PackedTernary, a ScaledTernary or a view; scales play no part.
/// Throws std::invalid_argument for sizes that don't match. Allocates M integers (none for M = 1); see the overload for
/// QuantizedActivations for a path that allocates nothing.
template <class Arch = default_arch, WeightMatrix W, class E = Serial>
void gemm(const W& w, std::span<const std::int8_t> q, std::size_t m, std::span<std::int32_t> y, E&& executor = {}) {
    const auto view = w.view();
    const auto [n, k] = view.shape();
    detail::check_size("gemm: q", m * k, q.size());
    detail::check_size("gemm: y", m * n, y.size());
    std::int32_t one = 0;
    std::vector<std::int32_t> many(m > 1 ? m : 0);
    std::int32_t* sums = m > 1 ? many.data() : &one;
    for (std::size_t t = 0; t < m; ++t)
        sums[t] = sum_of<Arch>(q.data() + t * k, k);
    const ActivationView x{q.data(), m, k, k, nullptr, sums};
    multiply<Arch>(view, x, {0, n}, Output<std::int32_t>{y.data(), n}, executor);
}

/// y[N] = W[N,K] · q[K], exact integers: gemm with M = 1. Allocates nothing.
template <class Arch = default_arch, WeightMatrix W, class E = Serial>
void gemv(const W& w, std::span<const std::int8_t> q, std::span<std::int32_t> y, E&& executor = {}) {
    gemm<Arch>(w, q, 1, y, executor);
}

/// Y[M,N] = X[M,K] · W[N,K]ᵀ with activations that are quantised already, of any type, in the result type asked for:
/// int32 sums, or float(sum) * (w_scale * x_scale) as float, Float16 or BFloat16; SplitActivations give float alone. y
/// is row-major [M,N]. The hot path: allocates nothing. Throws std::invalid_argument for sizes that don't match, and
/// where the scales of w are in groups but `sum_groups` hasn't been called on x.
template <class Arch = default_arch, ResultType Out, WeightMatrix W, PreparedActivations X, class E = Serial>
void gemm(const W& w, const X& x, std::span<Out> y, E&& executor = {}) {
    const auto view = w.view();
    detail::check_size("gemm: an activation row", view.cols(), x.inputs());
    detail::check_size("gemm: y", x.tokens() * view.rows(), y.size());
    detail::check_group_sums("gemm", !std::same_as<Out, std::int32_t> && needs_group_sums(view), x);
    multiply<Arch>(view, x, {0, view.rows()}, Output<Out>{y.data(), view.rows()}, executor);
}

/// Y[M,N] = X[M,K] · W[N,K]ᵀ for float activations: quantises each token by absmax to 8 bits (b1.58), multiplies
/// exactly and dequantises. A token that holds a NaN or an infinity gives NaN outputs and leaves the others alone.
/// Throws std::invalid_argument for sizes that don't match. Allocates a workspace: keep a QuantizedActivations where
/// that matters. Source: arXiv 2402.17764.
template <class Arch = default_arch, WeightMatrix W, class E = Serial>
void gemm(const W& w, std::span<const float> x, std::size_t m, std::span<float> y, E&& executor = {}) {
    QuantizedActivations quantised;
    quantize<Arch>(Absmax<8>{}, x, m, w.view().cols(), quantised, executor);
    if (needs_group_sums(w.view())) sum_groups<Arch>(quantised, executor);
    gemm<Arch>(w, quantised, y, executor);
}

/// y[N] = W[N,K] · x[K] for float activations: gemm with M = 1.
template <class Arch = default_arch, WeightMatrix W, class E = Serial>
void gemv(const W& w, std::span<const float> x, std::span<float> y, E&& executor = {}) {
    gemm<Arch>(w, x, 1, y, executor);
}

}  // namespace TERNION_ABI
}  // namespace ternion
