#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "../simd/isa.hpp"
#include "rounding.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// A policy that measures a token and rounds it by what it found, as those that derive from RoundedTokens do.
template <class Policy>
concept RoundingPolicy = requires(const TokenMeasure& measured, const float* x, std::size_t k, std::int8_t* q) {
    { Policy::measure(x, k) } -> std::same_as<TokenMeasure>;
    { Policy::round_token(measured, x, k, q) } -> std::same_as<std::int32_t>;
};

/// A policy whose measure is known before it sees a token: what PerTensor becomes for one call of `quantize`.
template <RoundingPolicy Inner>
struct Measured : Inner {
    TokenMeasure known;

    template <class Arch = default_arch>
    [[nodiscard]] TokenMeasure measure(const float*, std::size_t) const noexcept {
        return known;
    }

    template <class Arch = default_arch>
    TokenScale quantize_token(const float* x, std::size_t k, std::int8_t* q) const noexcept {
        return {known.scale, Inner::template round_token<Arch>(known, x, k, q)};
    }
};

/// One scale for all M tokens of a call, in place of one a token: Inner's measure of the M * K values, by which each
/// token is rounded. PerTensor<Absmax<8, 128>> is the per-tensor form of BitNet v1. Inner is any policy that measures
/// and rounds, of int8 or int4: Absmax, AbsmeanInt4, Sparse of such. With M = 1 the bits are Inner's. Tokens of a call
/// depend on each other: a batch and its tokens one by one differ, and a NaN or an infinity in one token makes all
/// outputs of the call NaN. The calling thread measures, so the bits are those of any number of threads. Source: arXiv
/// 2310.11453, section 2.1.
template <class Inner>
struct PerTensor {
    static_assert(RoundingPolicy<Inner>,
                  "PerTensor<Policy>: a policy that measures and rounds, such as Absmax<8, 128>");
    using Activations = typename Inner::Activations;
};

/// What `quantize` calls before it takes tokens x one by one: an overload for each policy that must see all of them.
template <class Arch, class Inner>
Measured<Inner> measure_tokens(PerTensor<Inner>, std::span<const float> x, std::size_t) noexcept {
    return {{}, Inner::template measure<Arch>(x.data(), x.size())};
}

}  // namespace TERNION_ABI
}  // namespace ternion
