#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "../core/config.hpp"

namespace ternion {

/// The inputs that the Hadamard transform of k inputs mixes with each other: the largest power of two that divides k.
constexpr std::size_t hadamard_block(std::size_t k) noexcept {
    return k & (~k + 1);
}

inline namespace TERNION_ABI {

/// y = H x in blocks of hadamard_block(k) inputs, where H is the Walsh-Hadamard matrix of that size, in natural order,
/// over its square root: orthonormal and its own inverse. y may be x. Additions in one order and a product: identical
/// on every machine. k log2(block) additions. The sums come before the root: |x| must stay below FLT_MAX / block,
/// beyond which they overflow.
inline void hadamard_transform(const float* x, std::size_t k, float* y) noexcept {
    const std::size_t block = hadamard_block(k);
    if (y != x) std::copy_n(x, k, y);
    for (std::size_t half = 1; half < block; half *= 2) {
        for (std::size_t i = 0; i < k; i += 2 * half) {
            for (std::size_t j = i; j < i + half; ++j) {
                const float a = y[j], b = y[j + half];
                y[j] = a + b;
                y[j + half] = a - b;
            }
        }
    }
    const float norm = 1.0f / std::sqrt(static_cast<float>(block));
    for (std::size_t i = 0; i < k; ++i)
        y[i] *= norm;
}

/// BitNet v2's activations, as Hadamard<Absmax<4>>: the token is rotated by hadamard_transform, which spreads outliers
/// among the inputs of a block, and then quantised by Inner. The weights must have been trained behind the same
/// rotation, as v2's are (y = W · Q(H x)): weights of an ordinary layer would have to be rotated before they are made
/// ternary. K = 2560 is rotated in blocks of 512, 6912 in blocks of 256; an odd K not at all. Source: arXiv 2504.18415,
/// section 2. Inner is any policy that takes tokens one by one.
template <class Inner>
struct Hadamard {
    using Activations = typename Inner::Activations;
    static constexpr std::size_t group_inputs = [] {
        if constexpr (requires { Inner::group_inputs; }) return Inner::group_inputs;
        return std::size_t{0};
    }();

    [[no_unique_address]] Inner inner{};

    /// The floats that a token of k inputs needs room for while it is quantised: Inner's, and the rotated token.
    static constexpr std::size_t scratch_values(std::size_t k) noexcept {
        if constexpr (requires { Inner::scratch_values(k); }) return Inner::scratch_values(k) + k;
        return k;
    }

    /// What Inner quantises in place of x[k].
    static void transform_token(const float* x, std::size_t k, float* rotated) noexcept {
        hadamard_transform(x, k, rotated);
    }
};

}  // namespace TERNION_ABI
}  // namespace ternion
