#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "../core/executor.hpp"
#include "../core/function_ref.hpp"
#include "../quant/absmean.hpp"
#include "packed_ternary.hpp"

namespace ternion {

namespace detail {

inline namespace TERNION_ABI {

/// Throws where a packing with scales among its bytes can't hold this one.
template <Packing P>
void check_block_scale([[maybe_unused]] float scale) {
    if constexpr (BlockScaledPacking<P>) {
        std::vector<std::byte> block(P::bytes({1, 1}));
        P::set_scale({1, 1}, block.data(), 0, 0, scale);
        const float stored = P::scale_at({1, 1}, block.data(), 0, 0);
        if (std::isfinite(stored) && stored != 0) return;
        char text[32];
        std::snprintf(text, sizeof text, "%g", static_cast<double>(scale));
        TERNION_THROW(std::invalid_argument, std::string(P::name) +
                                                 ": the blocks of this packing can't hold the scale " + text +
                                                 ", which becomes " + std::to_string(stored));
    }
}

/// Writes the K codes of a row.
using RowCodes = FunctionRef<void(std::size_t row, std::uint8_t* codes)>;
/// The scale of a row's group, in a packing that has such; `zeros` says whether all its trits are zero.
using ScaleOf = FunctionRef<float(std::size_t row, std::size_t group, bool zeros)>;

/// The codes of a packed matrix, for RowCodes.
template <Packing P>
auto codes_of(const TernaryView<P>& w) noexcept {
    return [w](std::size_t row, std::uint8_t* codes) { P::unpack(w.shape(), w.data(), row, 0, w.cols(), codes); };
}

/// Writes the scales of one row's groups.
template <Packing P>
void set_scales(Shape shape, std::byte* data, std::size_t row, const std::uint8_t* codes, ScaleOf scale_of) {
    for (std::size_t k = 0, group = 0; k < shape.k; k += P::group_inputs, ++group) {
        const std::uint8_t* end = codes + (std::min)(shape.k, k + P::group_inputs);
        const bool zeros = std::all_of(codes + k, end, [](std::uint8_t code) { return code == 1; });
        P::set_scale(shape, data, row, group, scale_of(row, group, zeros));
    }
}

/// Packs stripes begin .. end - 1.
template <Packing P>
void pack_stripes(Shape shape, std::size_t begin, std::size_t end, RowCodes row_codes,
                  [[maybe_unused]] ScaleOf scale_of, std::byte* bytes) {
    std::vector<std::uint8_t> codes((std::min)(P::stripe_rows(shape), shape.n) * shape.k);
    for (std::size_t stripe = begin; stripe < end; ++stripe) {
        const std::size_t rows = rows_in_stripe<P>(shape, stripe);
        for (std::size_t i = 0; i < rows; ++i)
            row_codes(stripe_row<P>(shape, stripe, i), codes.data() + i * shape.k);
        P::pack_stripe(shape, stripe, codes.data(), bytes);
        if constexpr (BlockScaledPacking<P>) {
            for (std::size_t i = 0; i < rows; ++i)
                set_scales<P>(shape, bytes, stripe_row<P>(shape, stripe, i), codes.data() + i * shape.k, scale_of);
        }
    }
}

/// Packs a matrix stripe by stripe, on the executor's threads.
template <Packing P, class E>
PackedTernary<P> pack_rows(Shape shape, float scale, E& executor, RowCodes row_codes, ScaleOf scale_of) {
    auto bytes = AlignedBuffer<std::byte>::uninitialized(P::bytes(shape));
    split(stripe_count<P>(shape), 1, executor, [&](std::size_t begin, std::size_t end) {
        pack_stripes<P>(shape, begin, end, row_codes, scale_of, bytes.data());
    });
    return {shape, std::move(bytes), scale};
}

/// The same with one scale for the tensor. Groups of zeros have the scale zero in the formats that hold scales.
template <Packing P, class E>
PackedTernary<P> pack_rows(Shape shape, float scale, E& executor, RowCodes row_codes) {
    check_block_scale<P>(scale);
    const auto scale_of = [scale](std::size_t, std::size_t, bool zeros) { return zeros ? 0 : scale; };
    return pack_rows<P>(shape, scale, executor, row_codes, scale_of);
}

/// Throws for a zero that packing P has no encoding for.
template <Packing P>
[[noreturn]] void refuse_zero(std::size_t row, std::size_t k) {
    TERNION_THROW(std::invalid_argument, std::string(P::name) + ": row " + std::to_string(row) + ", column " +
                                             std::to_string(k) + " is 0, but this packing holds -1 and +1 only");
}

/// Throws if a row of a matrix in packing From has a zero that packing To has no encoding for.
template <Packing To, Packing From>
void check_zeros([[maybe_unused]] const TernaryView<From>& from) {
    if constexpr (!holds_zeros<To> && holds_zeros<From>) {
        std::vector<std::uint8_t> codes(from.cols());
        for (std::size_t row = 0; row < from.rows(); ++row) {
            From::unpack(from.shape(), from.data(), row, 0, from.cols(), codes.data());
            const auto zero = std::find(codes.begin(), codes.end(), 1);
            if (zero != codes.end()) refuse_zero<To>(row, static_cast<std::size_t>(zero - codes.begin()));
        }
    }
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

}  // namespace TERNION_ABI
}  // namespace detail

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
    detail::check_matrix(shape, scale);
    if (trits.size() != shape.size()) {
        TERNION_THROW(std::invalid_argument, "pack: a matrix of " + to_string(shape) + " has " +
                                                 std::to_string(shape.size()) + " trits, not " +
                                                 std::to_string(trits.size()));
    }
    detail::check_trits(trits, k);
    if constexpr (!holds_zeros<P>) {
        const auto zero = static_cast<std::size_t>(std::find(trits.begin(), trits.end(), 0) - trits.begin());
        if (zero != trits.size()) detail::refuse_zero<P>(zero / k, zero % k);
    }
    const auto row_codes = [&](std::size_t row, std::uint8_t* codes) {
        const std::int8_t* in = trits.data() + row * k;
        for (std::size_t i = 0; i < k; ++i)
            codes[i] = static_cast<std::uint8_t>(in[i] + 1);
    };
    return detail::pack_rows<P>(shape, scale, executor, row_codes);
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
    detail::check_zeros<To>(view);
    return detail::pack_rows<To>(view.shape(), view.scale(), executor, detail::codes_of(view));
}

}  // namespace TERNION_ABI
}  // namespace ternion
