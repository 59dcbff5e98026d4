#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "activations.hpp"
#include "quantize.hpp"

namespace ternion {

/// Quantised activations with an index of what isn't zero: for each token, which blocks of four neighbouring inputs
/// have a value, in ascending order. Products skip the others, where that is worth it. The integers themselves are
/// there as in QuantizedActivations, padded with zeros to a whole block.
class SparseActivations : public QuantizedActivations {
 public:
    static constexpr std::size_t block_inputs = 4;

    void resize(std::size_t m, std::size_t k) {
        QuantizedActivations::resize(m, k);
        counts_.resize(m);
        blocks_.resize(m * ceil_div(k, block_inputs));
    }

    /// Token m's blocks that aren't zero: block i holds inputs 4i to 4i + 3.
    [[nodiscard]] std::span<const std::uint32_t> blocks(std::size_t m) const noexcept {
        return {blocks_.data() + m * ceil_div(inputs(), block_inputs), counts_[m]};
    }

    /// For quantizers: row m gets zeros behind its last input, before that is written.
    void pad(std::size_t m) noexcept {
        if (inputs() != 0) std::memset(mutable_row(m) + (inputs() - 1) / block_inputs * block_inputs, 0, block_inputs);
    }
    /// For quantizers: writes the index of row m, whose integers are there.
    void index(std::size_t m) noexcept {
        const std::int8_t* q = row(m).data();
        const std::size_t count = ceil_div(inputs(), block_inputs);
        std::uint32_t* out = blocks_.data() + m * count;
        std::uint32_t found = 0;
        for (std::size_t i = 0; i < count; ++i) {
            std::uint32_t four;
            std::memcpy(&four, q + i * block_inputs, sizeof four);
            out[found] = static_cast<std::uint32_t>(i);
            found += four != 0;
        }
        counts_[m] = found;
    }

 private:
    AlignedBuffer<std::uint32_t> counts_;
    AlignedBuffer<std::uint32_t> blocks_;
};

inline namespace TERNION_ABI {

/// Quantises one token x[K] into row m, and indexes it.
template <class Arch, class Policy>
void fill_token(Policy policy, SparseActivations& out, std::size_t m, const float* x) noexcept {
    out.pad(m);
    fill_token<Arch>(policy, static_cast<QuantizedActivations&>(out), m, x);
    out.index(m);
}

}  // namespace TERNION_ABI
}  // namespace ternion
