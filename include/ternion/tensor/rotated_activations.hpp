#pragma once

#include <cstddef>

#include "../core/aligned_buffer.hpp"
#include "../core/config.hpp"
#include "../quant/hadamard.hpp"

namespace ternion {

/// Activations that are rotated before they are quantised: what Held is, and room for the rotated tokens.
template <class Held>
class RotatedActivations : public Held {
 public:
    void resize(std::size_t m, std::size_t k) {
        Held::resize(m, k);
        rotated_.resize(m * k);
    }

    /// For quantizers: room for the values of token m.
    [[nodiscard]] float* mutable_rotated(std::size_t m) noexcept { return rotated_.data() + m * this->inputs(); }

 private:
    AlignedBuffer<float> rotated_;
};

inline namespace TERNION_ABI {

/// Rotates one token x[K] and quantises it into row m.
template <class Arch, class Inner, class Held>
void fill_token(Hadamard<Inner>, RotatedActivations<Held>& out, std::size_t m, const float* x) noexcept {
    float* rotated = out.mutable_rotated(m);
    hadamard_transform(x, out.inputs(), rotated);
    fill_token<Arch>(Inner{}, static_cast<Held&>(out), m, rotated);
}

}  // namespace TERNION_ABI
}  // namespace ternion
