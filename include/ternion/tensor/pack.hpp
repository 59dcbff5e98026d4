#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "../core/executor.hpp"
#include "../quant/absmean.hpp"
#include "packed_ternary.hpp"
#include "repack.hpp"

namespace ternion {

inline namespace TERNION_ABI {

/// Packs trits, row-major [N,K], each -1, 0 or +1. `scale` multiplies them: w = scale * trit. Any N and K from 1 up.
/// Throws std::invalid_argument for an empty or too large shape, a span that isn't N * K long, a value that is no trit,
/// a zero in a packing without zeros, and a scale that is zero or not finite. Exact: `unpack` gives the same trits
/// back, and `scale()` the scale; a packing with scales among its bytes also holds it there, rounded, and a scale that
/// it can't hold is refused.
template <Packing P, class E = Serial>
PackedTernary<P> pack(std::span<const std::int8_t> trits, std::size_t n, std::size_t k, float scale = 1,
                      E&& executor = {}) {
    const Shape shape{n, k};
    detail::check_packable(packing_info<P>, trits, shape, scale);
    auto bytes = AlignedBuffer<std::byte>::uninitialized(P::bytes(shape));
    detail::pack_trits(packing_info<P>, trits, shape, scale, bytes.data(), detail::ranges_of(executor));
    return {shape, std::move(bytes), scale};
}

/// Quantises float weights, row-major [N,K], by absmean (b1.58) and packs the trits; the scale is gamma. Throws what
/// `absmean_quantize` and `pack` throw.
template <Packing P, class E = Serial>
PackedTernary<P> pack(std::span<const float> weights, std::size_t n, std::size_t k, E&& executor = {}) {
    std::vector<std::int8_t> trits(weights.size());
    const float gamma = absmean_quantize(weights, trits);
    return pack<P>(trits, n, k, gamma, executor);
}

/// The same matrix in packing To, made stripe by stripe on the executor's threads; at no time is the whole matrix
/// unpacked. `from` is a PackedTernary or a view (for instance of a mapped file, checked by `borrow`). Throws
/// std::invalid_argument for a zero that To has no encoding for, and for a scale that To holds among its bytes and
/// can't.
template <Packing To, TernaryMatrix W, class E = Serial>
PackedTernary<To> repack(const W& from, E&& executor = {}) {
    const auto view = from.view();
    auto bytes = AlignedBuffer<std::byte>::uninitialized(To::bytes(view.shape()));
    detail::repack(view, packing_info<To>, bytes.data(), detail::ranges_of(executor));
    return {view.shape(), std::move(bytes), view.scale()};
}

/// The same of a matrix whose packing is known at run time only. Where it has several scales, they go among the bytes
/// of To, and the tensor's stands for nothing; throws std::invalid_argument where To has no place for them.
template <Packing To, class E = Serial>
PackedTernary<To> repack(const TernaryBytes& from, E&& executor = {}) {
    if (!from.has_one_scale() && !BlockScaledPacking<To>) {
        TERNION_THROW(std::invalid_argument,
                      "repack: expected a matrix with one scale, found scales of rows or groups");
    }
    auto bytes = AlignedBuffer<std::byte>::uninitialized(To::bytes(from.shape));
    detail::repack(from, packing_info<To>, bytes.data(), detail::ranges_of(executor));
    return {from.shape, std::move(bytes), from.has_one_scale() ? from.scale : 1};
}

}  // namespace TERNION_ABI
}  // namespace ternion
