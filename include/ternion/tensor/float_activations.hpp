#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "../core/aligned_buffer.hpp"
#include "../core/config.hpp"

namespace ternion {

class FloatActivations;

/// A policy that quantises nothing: activations stay the floats they are, which shows how much of a difference is a
/// quantizer's. Products are a slow reference (ops/float_product.hpp).
struct Unquantized {
    using Activations = FloatActivations;
};

/// Activations X[M,K] that stay floats, row-major: what `quantize` fills for Unquantized. Like the others, a workspace
/// whose memory is reused.
class FloatActivations {
 public:
    /// Makes room for m tokens of k inputs; the content is unspecified until it is filled.
    void resize(std::size_t m, std::size_t k) {
        m_ = m;
        k_ = k;
        values_.resize(m * k);
    }

    [[nodiscard]] std::size_t tokens() const noexcept { return m_; }
    [[nodiscard]] std::size_t inputs() const noexcept { return k_; }
    [[nodiscard]] std::span<const float> row(std::size_t m) const noexcept { return {values_.data() + m * k_, k_}; }
    [[nodiscard]] float value(std::size_t m, std::size_t k) const noexcept { return row(m)[k]; }

    [[nodiscard]] float* mutable_row(std::size_t m) noexcept { return values_.data() + m * k_; }

 private:
    std::size_t m_ = 0;
    std::size_t k_ = 0;
    AlignedBuffer<float> values_;
};

inline namespace TERNION_ABI {

/// Copies one token x[K] into row m.
template <class Arch>
void fill_token(Unquantized, FloatActivations& out, std::size_t m, const float* x) noexcept {
    std::copy_n(x, out.inputs(), out.mutable_row(m));
}

}  // namespace TERNION_ABI
}  // namespace ternion
