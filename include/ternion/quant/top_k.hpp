#pragma once

#include <cstddef>
#include <cstdint>

#include "absmax.hpp"
#include "largest.hpp"

namespace ternion {

class SparseActivations;

inline namespace TERNION_ABI {

/// The sparse activation quantizer of BitNet a4.8, for the inputs of the attention's output projection: per token, the
/// share of Percent largest |x|, rounded up to whole values, is quantised by absmax to Bits bits, and the rest is zero.
/// Of equal |x| those of lowest index are kept, so their number is exact. As the largest value is always kept, scales
/// are those of Absmax<Bits>. Zeros stay zeros; a token that isn't finite becomes zeros with scale NaN. Identical on
/// every ISA. Source: arXiv 2411.04965, section 2.
template <int Percent = 50, int Bits = 8>
struct TopK {
    static_assert(Percent >= 1 && Percent <= 100, "TopK<Percent>: 1 to 100");
    using Activations = SparseActivations;

    /// Quantises one token x[k] to q[k]; no alignment is needed, and nothing past k is read or written.
    template <class Arch = default_arch>
    static TokenScale quantize_token(const float* x, std::size_t k, std::int8_t* q) noexcept {
        TokenScale result = Absmax<Bits>::template quantize_token<Arch>(x, k, q);
        if (k == 0) return result;
        Largest largest = largest_magnitudes(x, k, share_of(k, Percent));
        result.sum = 0;
        for (std::size_t i = 0; i < k; ++i) {
            if (!largest.take(x[i])) q[i] = 0;
            result.sum += q[i];
        }
        return result;
    }
};

}  // namespace TERNION_ABI
}  // namespace ternion
