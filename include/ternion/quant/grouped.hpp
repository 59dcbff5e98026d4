#pragma once

#include <cstddef>

#include "absmax.hpp"

namespace ternion {

class QuantizedActivations;

inline namespace TERNION_ABI {

/// A scale for each group of Inputs inputs of a token, in place of one a token: Inner quantises each group as if it
/// were a token of its own, so that for Grouped<Absmax<8>, 128>
///   s_g = 127 / max(max |x_g|, 1e-5),   q = round_half_even(x * s_g),   x is about q / s_g.
/// An outlier spoils its group alone. The last group may be short. Inner is any policy that gives an int8 for each
/// input of a token by itself. For models whose weights have a scale for each such group and that weren't trained with
/// one int8 scale a token. A group that isn't finite makes the outputs of its token NaN. Products add the groups up by
/// the formula of ops/grouped_product.hpp, with weights of any scales; int32 sums are those of the integers alone.
template <class Inner, std::size_t Inputs>
struct Grouped {
    static_assert(Inputs == 64 || Inputs == 128 || Inputs == 256,
                  "Grouped<Policy, Inputs>: scales are shared by 64, 128 or 256 inputs");
    using Activations = QuantizedActivations;
    static constexpr std::size_t group_inputs = Inputs;

    [[no_unique_address]] Inner inner{};
};

}  // namespace TERNION_ABI
}  // namespace ternion
