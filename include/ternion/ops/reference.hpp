#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace ternion {

/// The oracle: Y[M,N] = X[M,K] · W[N,K]ᵀ from unpacked trits, by the definition, in 64 bits. Slow, and short enough to
/// be checked by eye; every kernel is compared with it by ==.
inline void reference_gemm(std::span<const std::int8_t> trits, std::size_t n, std::size_t k,
                           std::span<const std::int8_t> q, std::size_t m, std::span<std::int32_t> y) {
    for (std::size_t t = 0; t < m; ++t) {
        for (std::size_t row = 0; row < n; ++row) {
            std::int64_t sum = 0;
            for (std::size_t i = 0; i < k; ++i)
                sum += std::int64_t{trits[row * k + i]} * q[t * k + i];
            y[t * n + row] = static_cast<std::int32_t>(sum);
        }
    }
}

}  // namespace ternion
