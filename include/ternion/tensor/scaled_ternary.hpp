#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "pack.hpp"
#include "packed_ternary.hpp"
#include "scales.hpp"

namespace ternion {

/// A ternary matrix W[N,K] that owns its trits and a scale for each row (group_inputs = 0) or each group of 64, 128 or
/// 256 weights along K, row-major [N, groups]. The tensor's scale of the trits plays no part. Throws
/// std::invalid_argument as `with_row_scales` does.
template <Packing P>
class ScaledTernary {
 public:
    using packing = P;
    using scales_policy = ScaleTable;

    ScaledTernary(PackedTernary<P> trits, std::vector<float> scales, std::size_t group_inputs = 0)
        : trits_(std::move(trits)), scales_(std::move(scales)), group_inputs_(group_inputs) {
        detail::with_table(trits_.view(), scales_, group_inputs_);
    }

    [[nodiscard]] const PackedTernary<P>& trits() const noexcept { return trits_; }
    [[nodiscard]] std::span<const float> scales() const noexcept { return scales_; }
    [[nodiscard]] Shape shape() const noexcept { return trits_.shape(); }
    [[nodiscard]] std::size_t rows() const noexcept { return trits_.rows(); }
    [[nodiscard]] std::size_t cols() const noexcept { return trits_.cols(); }
    [[nodiscard]] ScaledView<P, ScaleTable> view() const noexcept {
        return {trits_.view(), {scales_.data(), group_inputs_}};
    }

    friend bool operator==(const ScaledTernary&, const ScaledTernary&) noexcept = default;

 private:
    PackedTernary<P> trits_;
    std::vector<float> scales_;
    std::size_t group_inputs_;
};

namespace detail {

/// The scale that all groups from `begin` to `end` of a row share; groups of scale zero have no trits that it could
/// matter to. Zero where all are zero, nothing where two differ.
template <ScaledMatrix W>
std::optional<float> shared_scale(const W& w, std::size_t row, std::size_t begin, std::size_t end, float known = 0) {
    for (std::size_t group = begin; group < end; ++group) {
        const float scale = w.scale(row, group);
        if (scale == 0) continue;
        if (known != 0 && known != scale) return std::nullopt;
        known = scale;
    }
    return known;
}

/// The scales of a matrix for groups of another size. Throws where a group would need two.
template <ScaledMatrix W>
std::vector<float> regroup(const W& w, std::size_t inputs) {
    const std::size_t groups = ceil_div(w.cols(), inputs);
    std::vector<float> scales(w.rows() * groups);
    for (std::size_t row = 0; row < w.rows(); ++row) {
        for (std::size_t group = 0; group < groups; ++group) {
            const std::size_t end = (std::min)(w.cols(), (group + 1) * inputs);
            const auto scale = shared_scale(w, row, group * inputs / w.group_inputs(), ceil_div(end, w.group_inputs()));
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

}  // namespace detail

/// The one scale of all rows and groups, for a matrix that a tensor's scale is enough for: `repack<To>(borrow<TQ2_0>(
/// bytes, n, k, common_scale(with_block_scales(...))))`. Groups of scale zero, which hold zero trits only, don't count.
/// Throws std::invalid_argument where two scales differ, and where all are zero.
template <ScaledMatrix W>
float common_scale(const W& w) {
    const auto view = w.view();
    float known = 0;
    for (std::size_t row = 0; row < view.rows(); ++row) {
        const auto scale = detail::shared_scale(view, row, 0, view.groups(), known);
        if (!scale.has_value()) {
            TERNION_THROW(std::invalid_argument, "row " + std::to_string(row) + " has another scale than " +
                                                     std::to_string(known) + ": one for the tensor is not enough");
        }
        known = *scale;
    }
    if (known == 0) TERNION_THROW(std::invalid_argument, "all scales are zero");
    return known;
}

/// The same matrix in packing To, scales and all, stripe by stripe on the executor's threads. The scales go into To's
/// blocks, if it has such, and the result is a PackedTernary<To>, whose tensor scale of 1 stands for nothing (use
/// `with_block_scales`); otherwise they go beside the trits, and the result is a ScaledTernary<To>. Throws
/// std::invalid_argument where a block would need two scales, or one that its format can't hold, and for a zero that To
/// has no encoding for.
template <Packing To, ScaledMatrix W, class E = Serial>
auto repack(const W& from, E&& executor = {}) {
    const auto view = from.view();
    const auto trits = view.trits();
    detail::check_zeros<To>(trits);
    const auto row_codes = detail::codes_of(trits);
    if constexpr (BlockScaledPacking<To>) {
        const auto scales = detail::regroup(view, To::group_inputs);
        for (const float scale : scales)
            if (scale != 0) detail::check_block_scale<To>(scale);
        const std::size_t groups = ceil_div(view.cols(), To::group_inputs);
        const auto scale_of = [&](std::size_t row, std::size_t group, bool) { return scales[row * groups + group]; };
        return detail::pack_rows<To>(view.shape(), 1, executor, row_codes, scale_of);
    } else {
        const bool by_row = view.group_inputs() == view.cols();
        std::vector<float> scales(view.rows() * view.groups());
        for (std::size_t i = 0; i < scales.size(); ++i)
            scales[i] = view.scale(i / view.groups(), i % view.groups());
        auto packed = detail::pack_rows<To>(view.shape(), 1, executor, row_codes);
        return ScaledTernary<To>(std::move(packed), std::move(scales), by_row ? 0 : view.group_inputs());
    }
}

}  // namespace ternion
