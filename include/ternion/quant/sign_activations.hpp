#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "rounding.hpp"

namespace ternion {

class SignActivations;

inline namespace TERNION_ABI {

/// One-bit activations with a scale: per token, q = -1 where x < 0, else +1 (a zero counts as +1, as in sign_quantize),
/// and x is about q * mean |x|, the scale of least squared error. The mean is summed in double, in one order on every
/// machine. A token of zeros has scale 0, and so outputs of 0; one that isn't finite has scale NaN. Source: arXiv
/// 1603.05279, section 3.2.
struct Sign {
    using Activations = SignActivations;

    /// Quantises one token x[k] to q[k]; no alignment is needed, and nothing past k is read or written.
    template <class Arch = default_arch>
    static TokenScale quantize_token(const float* x, std::size_t k, std::int8_t* q) noexcept {
        std::int32_t sum = 0;
        for (std::size_t i = 0; i < k; ++i) {
            q[i] = x[i] < 0 ? std::int8_t{-1} : std::int8_t{1};
            sum += q[i];
        }
        const double mean = mean_magnitude(x, k);
        return {std::isfinite(mean) ? static_cast<float>(mean) : not_finite.scale, sum};
    }
};

}  // namespace TERNION_ABI
}  // namespace ternion
