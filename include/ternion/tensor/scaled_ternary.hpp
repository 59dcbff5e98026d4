#pragma once

#include <cstddef>
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
        detail::with_table(trits_.view(), scales_.data(), scales_.size(), group_inputs_);
    }

    [[nodiscard]] const PackedTernary<P>& trits() const noexcept { return trits_; }
    [[nodiscard]] std::span<const float> scales() const noexcept { return scales_; }
    [[nodiscard]] Shape shape() const noexcept { return trits_.shape(); }
    [[nodiscard]] std::size_t rows() const noexcept { return trits_.rows(); }
    [[nodiscard]] std::size_t cols() const noexcept { return trits_.cols(); }
    [[nodiscard]] ScaledView<P, ScaleTable> view() const noexcept {
        return {trits_.view(), {scales_.data(), group_inputs_}};
    }

    TERNION_INLINE operator TernaryBytes() const noexcept { return view(); }  // NOLINT: nothing is lost but the type

    friend bool operator==(const ScaledTernary&, const ScaledTernary&) noexcept = default;

 private:
    PackedTernary<P> trits_;
    std::vector<float> scales_;
    std::size_t group_inputs_;
};

inline namespace TERNION_ABI {

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
    auto bytes = AlignedBuffer<std::byte>::uninitialized(To::bytes(view.shape()));
    RepackedScales scales = detail::repack(view, packing_info<To>, bytes.data(), detail::ranges_of(executor));
    PackedTernary<To> packed(view.shape(), std::move(bytes), 1);
    if constexpr (BlockScaledPacking<To>) {
        return packed;
    } else {
        return ScaledTernary<To>(std::move(packed), std::move(scales.values), scales.group_inputs);
    }
}

}  // namespace TERNION_ABI
}  // namespace ternion
