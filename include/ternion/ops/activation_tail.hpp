#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../core/config.hpp"
#include "../tensor/activations.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// A copy of the last inputs of some tokens, padded with zeros, for the last, partial step along K: activations need no
/// padding of their own.
template <std::size_t Tokens>
struct ActivationTail {
    static constexpr std::size_t inputs = 64;

    alignas(64) std::int8_t q[Tokens][inputs];

    /// Inputs `full` to K, fewer than 64, of tokens m .. m + tokens - 1.
    void fill(const ActivationView& x, std::size_t m, std::size_t tokens, std::size_t full) noexcept {
        for (std::size_t t = 0; t < tokens; ++t) {
            std::memset(q[t], 0, inputs);
            std::memcpy(q[t], x.q + (m + t) * x.ld + full, x.k - full);
        }
    }
};

}  // namespace TERNION_ABI
}  // namespace ternion
