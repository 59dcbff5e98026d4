#pragma once

// Packing and repacking, compiled once for all packings: rows come as codes, and go into stripes on an executor's
// threads. pack.hpp and scaled_ternary.hpp are the typed forms, runtime/any_ternary.hpp the one by name.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "../core/executor.hpp"
#include "../core/function_ref.hpp"
#include "ternary_bytes.hpp"

namespace ternion {

/// The scales of a matrix that was repacked: one for the tensor, or, where `values` isn't empty or `group_inputs` isn't
/// zero, those that TernaryBytes describes.
struct RepackedScales {
    float scale = 1;
    std::vector<float> values = {};
    std::size_t group_inputs = 0;
    std::size_t scale_rows = 1;
};

namespace detail {

inline namespace TERNION_ABI {

/// Calls its argument for ranges that cover 0 .. count - 1, maybe on several threads.
using InRanges = FunctionRef<void(std::size_t count, FunctionRef<void(std::size_t begin, std::size_t end)>)>;
/// An executor as that: one contiguous range for each worker.
template <class E>
auto ranges_of(E& executor) noexcept {
    return
        [&executor](std::size_t count, FunctionRef<void(std::size_t, std::size_t)> f) { split(count, 1, executor, f); };
}
/// Writes the K codes of a row.
using RowCodes = FunctionRef<void(std::size_t row, std::uint8_t* codes)>;
/// The scale of a row's group, in a packing that has such; `zeros` says whether all its trits are zero.
using ScaleOf = FunctionRef<float(std::size_t row, std::size_t group, bool zeros)>;

/// Throws where a packing with scales among its bytes can't hold this one as closely as its numbers are elsewhere: the
/// smallest of a float16, below 6.1e-5, have fewer and fewer digits, and a scale that is off by a percent spoils a
/// matrix as surely as one that has become infinite.
inline void check_block_scale(const PackingInfo& to, float scale) {
    if (to.group_inputs == 0) return;
    std::vector<std::byte> block(to.bytes({1, 1}));
    to.set_scale({1, 1}, block.data(), 0, 0, scale);
    const float stored = to.scale_at({1, 1}, block.data(), 0, 0);
    if (std::abs(stored - scale) <= 0x1p-11F * std::abs(scale)) return;
    char text[64];
    std::snprintf(text, sizeof text, "%g, which becomes %g", static_cast<double>(scale), static_cast<double>(stored));
    TERNION_THROW(std::invalid_argument,
                  std::string(to.name) + ": the blocks of this packing can't hold the scale " + text);
}

/// Throws for a zero that a packing has no encoding for.
[[noreturn]] inline void refuse_zero(const PackingInfo& to, std::size_t row, std::size_t k) {
    TERNION_THROW(std::invalid_argument, std::string(to.name) + ": row " + std::to_string(row) + ", column " +
                                             std::to_string(k) + " is 0, but this packing holds -1 and +1 only");
}

/// Throws if the matrix has a zero that packing `to` has no encoding for.
inline void check_zeros(const TernaryBytes& from, const PackingInfo& to) {
    if (to.has_zeros || !from.packing->has_zeros) return;
    std::vector<std::uint8_t> codes(from.shape.k);
    for (std::size_t row = 0; row < from.shape.n; ++row) {
        from.unpack_row(row, codes.data());
        const auto zero = std::find(codes.begin(), codes.end(), 1);
        if (zero != codes.end()) refuse_zero(to, row, static_cast<std::size_t>(zero - codes.begin()));
    }
}

/// Writes the scales of one row's groups.
inline void set_scales(const PackingInfo& to, Shape shape, std::byte* data, std::size_t row, const std::uint8_t* codes,
                       ScaleOf scale_of) {
    for (std::size_t k = 0, group = 0; k < shape.k; k += to.group_inputs, ++group) {
        const std::uint8_t* end = codes + (std::min)(shape.k, k + to.group_inputs);
        const bool zeros = std::all_of(codes + k, end, [](std::uint8_t code) { return code == 1; });
        to.set_scale(shape, data, row, group, scale_of(row, group, zeros));
    }
}

/// Writes a whole matrix into `bytes`, which hold to.bytes(shape), stripe by stripe.
inline void pack_rows(const PackingInfo& to, Shape shape, std::byte* bytes, InRanges in_ranges, RowCodes row_codes,
                      ScaleOf scale_of) {
    in_ranges(to.stripes(shape), [&](std::size_t begin, std::size_t end) {
        std::vector<std::uint8_t> codes((std::min)(to.stripe_rows(shape), shape.n) * shape.k);
        for (std::size_t stripe = begin; stripe < end; ++stripe) {
            const std::size_t rows = to.rows_in_stripe(shape, stripe);
            for (std::size_t i = 0; i < rows; ++i)
                row_codes(to.stripe_row(shape, stripe, i), codes.data() + i * shape.k);
            to.pack_stripe(shape, stripe, codes.data(), bytes);
            if (to.group_inputs == 0) continue;
            for (std::size_t i = 0; i < rows; ++i)
                set_scales(to, shape, bytes, to.stripe_row(shape, stripe, i), codes.data() + i * shape.k, scale_of);
        }
    });
}

/// The same with one scale for the tensor. Groups of zeros have the scale zero in the formats that hold scales.
inline void pack_rows(const PackingInfo& to, Shape shape, std::byte* bytes, InRanges in_ranges, RowCodes row_codes,
                      float scale) {
    check_block_scale(to, scale);
    const auto scale_of = [scale](std::size_t, std::size_t, bool zeros) { return zeros ? 0.0f : scale; };
    pack_rows(to, shape, bytes, in_ranges, row_codes, scale_of);
}

/// The scale that all groups from `begin` to `end` of a row share; groups of scale zero have no trits that it could
/// matter to. Zero where all are zero, nothing where two differ.
inline std::optional<float> shared_scale(const TernaryBytes& w, std::size_t row, std::size_t begin, std::size_t end,
                                         float known = 0) {
    for (std::size_t group = begin; group < end; ++group) {
        const float scale = w.scale_of(row, group);
        if (scale == 0) continue;
        if (known != 0 && known != scale) return std::nullopt;
        known = scale;
    }
    return known;
}

/// The scales of a matrix for groups of another size. Throws where a group would need two.
inline std::vector<float> regroup(const TernaryBytes& w, std::size_t inputs) {
    const std::size_t groups = ceil_div(w.shape.k, inputs);
    std::vector<float> scales(w.shape.n * groups);
    for (std::size_t row = 0; row < w.shape.n; ++row) {
        for (std::size_t group = 0; group < groups; ++group) {
            const std::size_t end = (std::min)(w.shape.k, (group + 1) * inputs);
            const auto scale =
                shared_scale(w, row, group * inputs / w.inputs_of_scale(), ceil_div(end, w.inputs_of_scale()));
            if (!scale.has_value()) {
                TERNION_THROW(std::invalid_argument,
                              "repack: row " + std::to_string(row) + ", columns " + std::to_string(group * inputs) +
                                  " to " + std::to_string(end - 1) + " have different scales; the packing asked for " +
                                  "has one for " + std::to_string(inputs) + " inputs");
            }
            scales[row * groups + group] = *scale;
        }
    }
    return scales;
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

/// Throws unless these trits make a matrix that the packing can hold.
inline void check_packable(const PackingInfo& to, std::span<const std::int8_t> trits, Shape shape, float scale) {
    check_matrix(shape, scale);
    if (trits.size() != shape.size()) {
        TERNION_THROW(std::invalid_argument, "pack: a matrix of " + to_string(shape) + " has " +
                                                 std::to_string(shape.size()) + " trits, not " +
                                                 std::to_string(trits.size()));
    }
    check_trits(trits, shape.k);
    if (to.has_zeros) return;
    const auto zero = static_cast<std::size_t>(std::find(trits.begin(), trits.end(), 0) - trits.begin());
    if (zero != trits.size()) refuse_zero(to, zero / shape.k, zero % shape.k);
}

/// Packs trits that check_packable has let through.
inline void pack_trits(const PackingInfo& to, std::span<const std::int8_t> trits, Shape shape, float scale,
                       std::byte* bytes, InRanges in_ranges) {
    const auto row_codes = [&](std::size_t row, std::uint8_t* codes) {
        const std::int8_t* in = trits.data() + row * shape.k;
        for (std::size_t i = 0; i < shape.k; ++i)
            codes[i] = static_cast<std::uint8_t>(in[i] + 1);
    };
    pack_rows(to, shape, bytes, in_ranges, row_codes, scale);
}

/// The same matrix in another packing, into `bytes`, which hold to.bytes(shape); tells its scales. Those of rows and
/// groups go into the blocks of `to`, if it has such, and beside the trits otherwise, those of groups with `scale_rows`
/// rows side by side. Throws std::invalid_argument
/// where a block would need two scales, or one that its format can't hold, and for a zero that `to` can't.
inline RepackedScales repack(const TernaryBytes& from, const PackingInfo& to, std::byte* bytes, InRanges in_ranges,
                             std::size_t scale_rows = 1) {
    check_zeros(from, to);
    const auto row_codes = [&](std::size_t row, std::uint8_t* codes) { from.unpack_row(row, codes); };
    if (from.has_one_scale()) {
        pack_rows(to, from.shape, bytes, in_ranges, row_codes, from.scale);
        return {from.scale};
    }
    if (to.group_inputs != 0) {
        const auto scales = regroup(from, to.group_inputs);
        for (const float scale : scales)
            check_block_scale(to, scale);
        const std::size_t groups = ceil_div(from.shape.k, to.group_inputs);
        const auto scale_of = [&](std::size_t row, std::size_t group, bool) { return scales[row * groups + group]; };
        pack_rows(to, from.shape, bytes, in_ranges, row_codes, scale_of);
        return {1, {}, to.group_inputs};
    }
    const std::size_t groups = from.groups(), side_by_side = groups == 1 ? 1 : scale_rows;
    RepackedScales scales{1, std::vector<float>(round_up(from.shape.n, side_by_side) * groups),
                          groups == 1 ? 0 : from.group_inputs, side_by_side};
    for (std::size_t row = 0; row < from.shape.n; ++row)
        for (std::size_t group = 0; group < groups; ++group)
            scales.values[scale_place(row, group, groups, side_by_side)] = from.scale_of(row, group);
    pack_rows(to, from.shape, bytes, in_ranges, row_codes, 1.0f);
    return scales;
}

}  // namespace TERNION_ABI
}  // namespace detail

/// The scale that all rows and groups of a matrix share, not counting groups of scale zero; zero where all are, nothing
/// where two differ.
inline std::optional<float> find_common_scale(const TernaryBytes& w) {
    std::optional<float> known = 0.0f;
    for (std::size_t row = 0; row < w.shape.n && known.has_value(); ++row)
        known = detail::shared_scale(w, row, 0, w.groups(), *known);
    return known;
}
}  // namespace ternion
