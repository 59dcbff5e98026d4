#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "../core/executor.hpp"
#include "../simd/isa.hpp"
#include "activations.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// The sums of every 64 of k integers; the last ones may be fewer. Exact.
template <class Arch = default_arch>
void sum_groups_of_token(const std::int8_t* q, std::size_t count, std::int32_t* sums) noexcept {
    using B = backend_of<Arch>;
    constexpr std::size_t inputs = QuantizedActivations::group_inputs;
    static_assert(inputs % B::bytes == 0 && inputs / B::bytes <= B::fold_every(1));
    const auto ones = B::splat(1);
    for (std::size_t k = 0; k < count; k += inputs) {
        alignas(64) std::int8_t last[inputs] = {};
        const std::int8_t* group = q + k;
        if (count - k < inputs) group = (std::copy_n(group, count - k, last), last);
        auto sum = B::narrow_zero();
        for (std::size_t i = 0; i < inputs; i += B::bytes)
            sum = B::dot(sum, ones, B::load(group + i));
        sums[k / inputs] = static_cast<std::int32_t>(B::sum(B::template fold<0>(B::wide_zero(), sum)));
    }
}

/// Adds to quantised activations the sums of every 64 inputs of each token, which weights with scales in groups ask for
/// (with_group_scales, with_block_scales). They hold until the activations are quantised anew. Exact. gemv and gemm of
/// float activations do this themselves. The executor splits tokens.
template <class Arch = default_arch, class E = Serial>
void sum_groups(QuantizedActivations& x, E&& executor = {}) {
    x.make_group_sums();
    split(x.tokens(), 1, executor, [&](std::size_t begin, std::size_t end) {
        for (std::size_t m = begin; m < end; ++m)
            sum_groups_of_token<Arch>(x.row(m).data(), x.inputs(), x.mutable_group_sums(m));
    });
}

}  // namespace TERNION_ABI
}  // namespace ternion
