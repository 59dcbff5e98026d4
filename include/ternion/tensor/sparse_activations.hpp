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
    [[nodiscard]] TERNION_INLINE std::span<const std::uint32_t> blocks(std::size_t m) const noexcept {
        return {blocks_.data() + m * ceil_div(inputs(), block_inputs), counts_[m]};
    }

    /// For quantizers: room for the index of row m, and how many of its blocks aren't zero.
    [[nodiscard]] std::uint32_t* mutable_blocks(std::size_t m) noexcept {
        return blocks_.data() + m * ceil_div(inputs(), block_inputs);
    }
    void set_count(std::size_t m, std::uint32_t count) noexcept { counts_[m] = count; }

 private:
    AlignedBuffer<std::uint32_t> counts_;
    AlignedBuffer<std::uint32_t> blocks_;
};

inline namespace TERNION_ABI {

/// Quantises one token x[K] into row m, with zeros behind it up to a whole block, and indexes it.
template <class Arch, class Policy>
void fill_token(Policy policy, SparseActivations& out, std::size_t m, const float* x) noexcept {
    constexpr std::size_t inputs = SparseActivations::block_inputs;
    const std::size_t blocks = ceil_div(out.inputs(), inputs);
    std::int8_t* q = out.mutable_row(m);
    if (blocks != 0) std::memset(q + (blocks - 1) * inputs, 0, inputs);
    fill_token<Arch>(policy, static_cast<QuantizedActivations&>(out), m, x);
    std::uint32_t* index = out.mutable_blocks(m);
    std::uint32_t found = 0;
    for (std::size_t i = 0; i < blocks; ++i) {
        std::uint32_t four;
        std::memcpy(&four, q + i * inputs, sizeof four);
        index[found] = static_cast<std::uint32_t>(i);
        found += four != 0;
    }
    out.set_count(m, found);
}

}  // namespace TERNION_ABI
}  // namespace ternion
