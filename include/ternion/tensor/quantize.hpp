#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>

#include "../core/executor.hpp"
#include "../quant/absmax.hpp"
#include "activations.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// Quantises tokens X[M,K], row-major, by a policy such as Absmax<8>{}, each token for itself, into `out`, whose memory
/// is reused. Throws std::invalid_argument unless x holds M * K values. The executor splits tokens.
template <class Arch = default_arch, class Policy, class E = Serial>
void quantize(Policy, std::span<const float> x, std::size_t m, std::size_t k, QuantizedActivations& out,
              E&& executor = {}) {
    if (x.size() != m * k) {
        TERNION_THROW(std::invalid_argument, "quantize: " + std::to_string(m) + " tokens of " + std::to_string(k) +
                                                 " inputs are " + std::to_string(m * k) + " values, not " +
                                                 std::to_string(x.size()));
    }
    out.resize(m, k);
    split(m, 1, executor, [&](std::size_t begin, std::size_t end) {
        for (std::size_t token = begin; token < end; ++token) {
            const auto result = Policy::template quantize_token<Arch>(x.data() + token * k, k, out.mutable_row(token));
            out.set(token, result.scale, result.sum);
        }
    });
}

}  // namespace TERNION_ABI
}  // namespace ternion
