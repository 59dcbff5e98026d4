#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "activations.hpp"
#include "quantize.hpp"

namespace ternion {

/// Quantised activations that are -1 or +1, with a bit for each beside the integers, which products with planes of bits
/// take: what `quantize` fills for Sign. Bit i of word w of a token belongs to input 64w + i, and is 1 for -1; bits
/// beyond K are 0.
class SignActivations : public QuantizedActivations {
 public:
    static constexpr std::size_t word_inputs = 64;

    void resize(std::size_t m, std::size_t k) {
        QuantizedActivations::resize(m, k);
        words_.resize(m * ceil_div(k, word_inputs));
    }

    [[nodiscard]] TERNION_INLINE std::size_t words() const noexcept { return ceil_div(inputs(), word_inputs); }
    /// Token m's bits, `words()` of 64.
    [[nodiscard]] TERNION_INLINE const std::uint64_t* bits(std::size_t m) const noexcept {
        return words_.data() + m * words();
    }

    /// For quantizers: the bits of row m, to be written.
    [[nodiscard]] std::uint64_t* mutable_bits(std::size_t m) noexcept { return words_.data() + m * words(); }

 private:
    AlignedBuffer<std::uint64_t> words_;
};

inline namespace TERNION_ABI {

/// Quantises one token x[K] into row m, and takes the signs of its integers.
template <class Arch, class Quantizer>
void fill_token(Quantizer quantizer, SignActivations& out, std::size_t m, const float* x) noexcept {
    constexpr std::size_t inputs = SignActivations::word_inputs;
    fill_token<Arch>(quantizer, static_cast<QuantizedActivations&>(out), m, x);
    const std::int8_t* q = out.row(m).data();  // followed by room up to a whole word
    std::uint64_t* bits = out.mutable_bits(m);
    for (std::size_t k = 0; k < out.inputs(); k += inputs, ++bits) {
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < inputs; i += 8) {
            std::uint64_t eight;
            std::memcpy(&eight, q + k + i, 8);
            // The product brings the lowest bits of eight bytes together in the highest byte.
            word |= ((eight >> 7 & 0x0101010101010101u) * 0x0102040810204080u >> 56) << i;
        }
        const std::size_t rest = out.inputs() - k;
        *bits = rest < inputs ? word & ((std::uint64_t{1} << rest) - 1) : word;
    }
}

}  // namespace TERNION_ABI
}  // namespace ternion
