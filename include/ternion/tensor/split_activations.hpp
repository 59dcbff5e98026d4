#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "../core/aligned_buffer.hpp"
#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "int4_activations.hpp"
#include "quantize.hpp"
#include "sparse_activations.hpp"

namespace ternion {

/// Activations X[M,K] as the sum of two parts, a few large values in int8 and the rest in int4: what `quantize` fills
/// for SplitOutliers. With GroupInputs = 0 the parts have M tokens of K inputs. Otherwise each group of channels has
/// its scale, and is a token of its own to the parts: row m * groups() + g holds group g of token m, the last one
/// followed by zeros.
template <std::size_t GroupInputs>
class SplitActivations {
    static_assert(GroupInputs == 0 || GroupInputs == 64 || GroupInputs == 128 || GroupInputs == 256,
                  "scales are shared by 64, 128 or 256 inputs, or by a token (0)");

 public:
    using Large = std::conditional_t<GroupInputs == 0, SparseActivations, QuantizedActivations>;

    /// Makes room for m tokens of k inputs; the content is unspecified until a quantizer fills it.
    void resize(std::size_t m, std::size_t k) {
        m_ = m;
        k_ = k;
        large_.resize(m * groups(), part_inputs());
        rest_.resize(m * groups(), part_inputs());
        values_.resize(2 * m * groups() * part_inputs());
    }

    [[nodiscard]] std::size_t tokens() const noexcept { return m_; }
    [[nodiscard]] std::size_t inputs() const noexcept { return k_; }
    [[nodiscard]] std::size_t groups() const noexcept { return GroupInputs == 0 ? 1 : ceil_div(k_, part_inputs()); }
    [[nodiscard]] std::size_t part_inputs() const noexcept { return GroupInputs == 0 ? k_ : GroupInputs; }
    [[nodiscard]] const Large& large() const noexcept { return large_; }
    [[nodiscard]] const Int4Activations& rest() const noexcept { return rest_; }

    /// For quantizers: the parts, and room for the values of both parts of token m.
    [[nodiscard]] Large& mutable_large() noexcept { return large_; }
    [[nodiscard]] Int4Activations& mutable_rest() noexcept { return rest_; }
    [[nodiscard]] float* mutable_values(std::size_t m) noexcept {
        return values_.data() + 2 * m * groups() * part_inputs();
    }

 private:
    std::size_t m_ = 0;
    std::size_t k_ = 0;
    Large large_;
    Int4Activations rest_;
    AlignedBuffer<float> values_;
};

inline namespace TERNION_ABI {

/// Splits one token x[K] and quantises both parts into row m.
template <class Arch, class Policy, std::size_t GroupInputs>
void fill_token(Policy, SplitActivations<GroupInputs>& out, std::size_t m, const float* x) noexcept {
    const std::size_t padded = out.groups() * out.part_inputs();
    float* large = out.mutable_values(m);
    float* rest = large + padded;
    if (out.groups() > 0) {  // behind the last input there are zeros
        std::fill_n(large + padded - GroupInputs, GroupInputs, 0.0f);
        std::fill_n(rest + padded - GroupInputs, GroupInputs, 0.0f);
    }
    Policy::split_token(x, out.inputs(), large, rest);
    for (std::size_t g = 0; g < out.groups(); ++g) {
        const std::size_t row = m * out.groups() + g, at = g * out.part_inputs();
        fill_token<Arch>(typename Policy::large{}, out.mutable_large(), row, large + at);
        fill_token<Arch>(typename Policy::rest{}, out.mutable_rest(), row, rest + at);
    }
}

}  // namespace TERNION_ABI
}  // namespace ternion
