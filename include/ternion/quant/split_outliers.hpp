#pragma once

#include <cstddef>

#include "absmax.hpp"
#include "largest.hpp"

namespace ternion {

struct SplitActivations;

inline namespace TERNION_ABI {

/// The split form of BitNet a4.8's activations: per token, the share of Percent largest |x|, rounded up to whole
/// values, is quantised to int8, and the rest to int4, each part by absmax over itself and zero where the other part
/// is: x = scale_large * q_large + scale_rest * q_rest. With GroupInputs = 64, 128 or 256, each part has a scale for
/// each such group of channels along K instead of one a token. Of equal |x| those of lowest index are large. Zeros stay
/// zeros; where a token isn't finite, so is no output of it. Source: arXiv 2411.04965, section 2 and appendix.
template <int Percent, std::size_t GroupInputs = 0, class Large = Absmax<8>, class Rest = Absmax<4>>
struct SplitOutliers {
    static_assert(Percent >= 1 && Percent <= 100, "SplitOutliers<Percent>: 1 to 100");
    static_assert(GroupInputs == 0 || GroupInputs == 64 || GroupInputs == 128 || GroupInputs == 256,
                  "SplitOutliers: scales are shared by 64, 128 or 256 inputs, or by a token (0)");
    using Activations = SplitActivations;
    using large = Large;
    using rest = Rest;
    static constexpr std::size_t group_inputs = GroupInputs;

    /// The floats that a token of k inputs needs room for while it is quantised: both parts.
    static constexpr std::size_t scratch_values(std::size_t k) noexcept { return 2 * k; }

    /// Splits one token x[k] into two, each with zeros where the other has values.
    static void split_token(const float* x, std::size_t k, float* large_part, float* rest_part) noexcept {
        if (k == 0) return;
        Largest largest = largest_magnitudes(x, k, share_of(k, Percent));
        for (std::size_t i = 0; i < k; ++i) {
            const bool taken = largest.take(x[i]);
            large_part[i] = taken ? x[i] : 0.0f;
            rest_part[i] = taken ? 0.0f : x[i];
        }
    }
};

}  // namespace TERNION_ABI
}  // namespace ternion
