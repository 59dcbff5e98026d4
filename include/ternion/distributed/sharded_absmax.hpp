#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "../core/bit_cast.hpp"
#include "../quant/absmax.hpp"
#include "../quant/rounding.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/quantize.hpp"
#include "communicator.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// Absmax for tokens of which each rank has some inputs: the largest of a token is that of all ranks, so that its
/// integers and its scale are those that Inner, an Absmax<Bits, Steps>, gives for the whole token, bit for bit. A token
/// that isn't finite on one rank has the scale NaN on all. One collective for all tokens of a call, which every rank
/// makes on one thread.
template <class Inner, Communicator C>
class ShardedAbsmax {
 public:
    using Activations = QuantizedActivations;

    /// `ranks` must outlive this.
    explicit ShardedAbsmax(C& ranks) : ranks_(&ranks) {}

    /// The bits of max |x| of each of m tokens over all ranks, of which this one has x; as integers, they order as
    /// those maxima do. A rank may have no inputs.
    template <class Arch>
    [[nodiscard]] std::vector<std::int32_t> peaks(std::span<const float> x, std::size_t m) const {
        std::vector<std::int32_t> bits(m);
        const std::size_t inputs = m == 0 ? 0 : x.size() / m;
        for (std::size_t t = 0; inputs != 0 && t < m; ++t)
            bits[t] = static_cast<std::int32_t>(peak_bits<backend_of<Arch>>(x.data() + t * inputs, inputs));
        ranks_->all_reduce_max(bits);
        return bits;
    }

 private:
    C* ranks_;
};

/// What a ShardedAbsmax becomes for one call of `quantize`.
template <class Inner>
struct KnownPeaks {
    using Activations = QuantizedActivations;

    std::vector<std::int32_t> bits;
};

template <class Arch, class Inner, Communicator C>
KnownPeaks<Inner> measure_tokens(const ShardedAbsmax<Inner, C>& quantizer, std::span<const float> x, std::size_t m) {
    return {quantizer.template peaks<Arch>(x, m)};
}

template <class Arch, class Inner>
void fill_token(const KnownPeaks<Inner>& quantizer, QuantizedActivations& out, std::size_t m, const float* x) noexcept {
    const auto peak = bit_cast<float>(quantizer.bits[m]);
    const TokenMeasure measure = Inner::template measure<Arch>(&peak, 1);
    out.set(m, measure.scale, Inner::template round_token<Arch>(measure, x, out.inputs(), out.mutable_row(m)));
}

}  // namespace TERNION_ABI
}  // namespace ternion
