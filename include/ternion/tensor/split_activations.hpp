#pragma once

#include <cstddef>

#include "activations.hpp"
#include "quantize.hpp"
#include "sparse_activations.hpp"

namespace ternion {

/// Activations X[M,K] as the sum of two parts, each zero where the other has values: a few large values, with an index
/// of where they are, and the rest. What `quantize` fills for SplitOutliers. Each part has a scale a token, or one for
/// each group of inputs, in which case it also has the sums of its groups.
struct SplitActivations {
    SparseActivations large;
    QuantizedActivations rest;

    void resize(std::size_t m, std::size_t k) {
        large.resize(m, k);
        rest.resize(m, k);
    }
    [[nodiscard]] std::size_t tokens() const noexcept { return rest.tokens(); }
    [[nodiscard]] std::size_t inputs() const noexcept { return rest.inputs(); }
    [[nodiscard]] bool has_group_sums() const noexcept { return rest.has_group_sums() && large.has_group_sums(); }

    /// For quantizers, as QuantizedActivations have them.
    void make_scratch(std::size_t values) { rest.make_scratch(values); }
    [[nodiscard]] float* scratch(std::size_t m) noexcept { return rest.scratch(m); }
    void make_group_scales(std::size_t inputs) {
        large.make_group_scales(inputs);
        rest.make_group_scales(inputs);
    }
};

inline namespace TERNION_ABI {

/// Splits one token x[K] and quantises both parts into row m.
template <class Arch, class Quantizer>
void fill_token(Quantizer, SplitActivations& out, std::size_t m, const float* x) noexcept {
    float* large = out.scratch(m);
    float* rest = large + out.inputs();
    Quantizer::split_token(x, out.inputs(), large, rest);
    if constexpr (Quantizer::group_inputs == 0) {
        fill_token<Arch>(typename Quantizer::large{}, out.large, m, large);
        fill_token<Arch>(typename Quantizer::rest{}, out.rest, m, rest);
    } else {
        fill_token_groups<Arch>(typename Quantizer::large{}, out.large, m, large);
        fill_token_groups<Arch>(typename Quantizer::rest{}, out.rest, m, rest);
    }
}

/// As for QuantizedActivations, of both parts.
template <class Arch = default_arch, class E = Serial>
void sum_groups(SplitActivations& x, E&& executor = {}) {
    sum_groups<Arch>(static_cast<QuantizedActivations&>(x.large), executor);
    sum_groups<Arch>(x.rest, executor);
}

}  // namespace TERNION_ABI
}  // namespace ternion
