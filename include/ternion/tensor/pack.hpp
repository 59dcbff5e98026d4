#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "../core/executor.hpp"
#include "packed_ternary.hpp"

namespace ternion {

namespace detail {

/// Packs a matrix stripe by stripe: row_codes(n, codes) writes the K codes of row n.
template <Packing P, class RowCodes, class E>
PackedTernary<P> pack_rows(Shape shape, float scale, E& executor, RowCodes&& row_codes) {
    auto bytes = AlignedBuffer<std::byte>::uninitialized(P::bytes(shape));
    split(stripe_count<P>(shape), 1, executor, [&](std::size_t begin, std::size_t end) {
        std::vector<std::uint8_t> codes(std::min(P::stripe_rows(shape), shape.n) * shape.k);
        for (std::size_t stripe = begin; stripe < end; ++stripe) {
            for (std::size_t i = 0; i < rows_in_stripe<P>(shape, stripe); ++i) {
                row_codes(stripe_row<P>(shape, stripe, i), codes.data() + i * shape.k);
            }
            P::pack_stripe(shape, stripe, codes.data(), bytes.data());
        }
    });
    return {shape, std::move(bytes), scale};
}

/// Throws unless all values are trits.
inline void check_trits(std::span<const std::int8_t> trits, std::size_t k) {
    unsigned outside = 0;
    for (const std::int8_t trit : trits)
        outside |= static_cast<unsigned>(trit + 1) > 2u;
    if (outside == 0) return;
    std::size_t i = 0;
    while (trits[i] >= -1 && trits[i] <= 1)
        ++i;
    TERNION_THROW(std::invalid_argument, "pack: row " + std::to_string(i / k) + ", column " + std::to_string(i % k) +
                                             " is " + std::to_string(trits[i]) + ", not -1, 0 or 1");
}

}  // namespace detail

/// Packs trits, row-major [N,K], each -1, 0 or +1. `scale` multiplies them: w = scale * trit. Any N and K from 1 up.
/// Throws std::invalid_argument for an empty or too large shape, a span that isn't N * K long, a value that is no trit,
/// and a scale that is zero or not finite. Exact: `unpack` gives the same trits back.
template <Packing P, class E = Serial>
PackedTernary<P> pack(std::span<const std::int8_t> trits, std::size_t n, std::size_t k, float scale = 1,
                      E&& executor = {}) {
    const Shape shape{n, k};
    detail::check_matrix(shape, scale);
    if (trits.size() != shape.size()) {
        TERNION_THROW(std::invalid_argument, "pack: a matrix of " + to_string(shape) + " has " +
                                                 std::to_string(shape.size()) + " trits, not " +
                                                 std::to_string(trits.size()));
    }
    detail::check_trits(trits, k);
    return detail::pack_rows<P>(shape, scale, executor, [&](std::size_t row, std::uint8_t* codes) {
        const std::int8_t* in = trits.data() + row * k;
        for (std::size_t i = 0; i < k; ++i)
            codes[i] = static_cast<std::uint8_t>(in[i] + 1);
    });
}

/// The same matrix in packing To, made stripe by stripe on the executor's threads; at no time is the whole matrix
/// unpacked. `from` is a PackedTernary or a view (for instance of a mapped file, checked by `borrow`).
template <Packing To, TernaryMatrix W, class E = Serial>
PackedTernary<To> repack(const W& from, E&& executor = {}) {
    const auto view = from.view();
    return detail::pack_rows<To>(view.shape(), view.scale(), executor, [&](std::size_t row, std::uint8_t* codes) {
        W::packing::unpack(view.shape(), view.data(), row, 0, view.cols(), codes);
    });
}

}  // namespace ternion
