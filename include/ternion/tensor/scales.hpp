#pragma once

// Scales other than one for the tensor. A ScaledView is a matrix together with a policy that says what multiplies each
// trit: w[n][k] = scale(n, k / group) * trit. The tensor's own scale then plays no part.

#include <concepts>
#include <cstddef>
#include <span>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "ternary_view.hpp"

namespace ternion {

/// Scales beside the trits: one for each row (inputs = 0), a float, or for each group of 64, 128 or 256 weights along
/// K. `values` is row-major [N, groups], or, where `rows` is scale_panel_rows, [N / 16, groups, 16] with N rounded up;
/// the last group of a row may be shorter.
struct ScaleTable {
    ScaleValues values;
    std::size_t inputs = 0;
    std::size_t rows = 1;

    template <Packing P>
    [[nodiscard]] TERNION_INLINE std::size_t group_inputs(const TernaryView<P>& w) const noexcept {
        return inputs == 0 ? w.cols() : inputs;
    }
    template <Packing P>
    [[nodiscard]] TERNION_INLINE float at(const TernaryView<P>& w, std::size_t row, std::size_t group) const noexcept {
        return values[scale_place(row, group, ceil_div(w.cols(), group_inputs(w)), rows)];
    }
};

/// The scales among the packed bytes, as TQ1_0, TQ2_0 and Q2_0 have them.
struct BlockScales {
    template <BlockScaledPacking P>
    [[nodiscard]] TERNION_INLINE std::size_t group_inputs(const TernaryView<P>&) const noexcept {
        return P::group_inputs;
    }
    template <BlockScaledPacking P>
    [[nodiscard]] TERNION_INLINE float at(const TernaryView<P>& w, std::size_t row, std::size_t group) const noexcept {
        return P::scale_at(w.shape(), w.data(), row, group);
    }
};

/// A matrix W[N,K] with a scale for each row or group: w[n][k] = scales().at(trits(), n, k / group_inputs()) * trit.
/// Borrows both, trivially copyable; made by `with_row_scales`, `with_group_scales` and `with_block_scales`, which
/// check. gemv and gemm take it like any matrix.
template <Packing P, class Scales>
class ScaledView {
 public:
    using packing = P;
    using scales_policy = Scales;

    TERNION_INLINE constexpr ScaledView(TernaryView<P> trits, Scales scales) noexcept
        : trits_(trits), scales_(scales) {}

    [[nodiscard]] TERNION_INLINE constexpr TernaryView<P> trits() const noexcept { return trits_; }
    [[nodiscard]] TERNION_INLINE constexpr const Scales& scales() const noexcept { return scales_; }
    [[nodiscard]] TERNION_INLINE constexpr Shape shape() const noexcept { return trits_.shape(); }
    [[nodiscard]] TERNION_INLINE constexpr std::size_t rows() const noexcept { return trits_.rows(); }
    [[nodiscard]] TERNION_INLINE constexpr std::size_t cols() const noexcept { return trits_.cols(); }
    [[nodiscard]] TERNION_INLINE constexpr ScaledView view() const noexcept { return *this; }

    /// The weights along K that share a scale, and how many groups a row has.
    [[nodiscard]] TERNION_INLINE std::size_t group_inputs() const noexcept { return scales_.group_inputs(trits_); }
    [[nodiscard]] TERNION_INLINE std::size_t groups() const noexcept { return ceil_div(cols(), group_inputs()); }
    [[nodiscard]] TERNION_INLINE float scale(std::size_t row, std::size_t group) const noexcept {
        return scales_.at(trits_, row, group);
    }
    /// The same matrix, its packing known at run time only.
    TERNION_INLINE operator TernaryBytes() const noexcept {  // NOLINT: nothing is lost but the type
        TernaryBytes w = trits_;
        if constexpr (std::same_as<Scales, ScaleTable>) {
            w.scales = scales_.values;
            w.group_inputs = scales_.inputs;
            w.scale_rows = scales_.rows;
        } else {
            w.group_inputs = group_inputs();
        }
        return w;
    }

 private:
    TernaryView<P> trits_;
    Scales scales_;
};

/// Anything whose view() is a ScaledView.
template <class W>
concept ScaledMatrix = requires(const W& w) {
    typename W::packing;
    typename W::scales_policy;
    { w.view() } -> std::same_as<ScaledView<typename W::packing, typename W::scales_policy>>;
};

/// What multiplications accept: a matrix with one scale or with many.
template <class W>
concept WeightMatrix = TernaryMatrix<W> || ScaledMatrix<W>;

namespace detail {

template <Packing P>
ScaledView<P, ScaleTable> with_table(TernaryView<P> w, ScaleValues values, std::size_t count, std::size_t inputs) {
    check_scale_table(w.shape(), inputs, count);
    const ScaledView<P, ScaleTable> scaled(w, {values, inputs});
    check_scales(scaled);
    return scaled;
}

}  // namespace detail

/// The matrix with a scale for each row: w[n][k] = values[n] * trit, in place of the tensor's scale. Borrows both.
/// Throws std::invalid_argument unless there are N values, each finite, and zero only where a row has no other trit
/// than zero.
template <TernaryMatrix W>
auto with_row_scales(const W& w, std::span<const float> values) {
    return detail::with_table(w.view(), values.data(), values.size(), 0);
}

/// The matrix with a scale for each group of `inputs` weights along K (64, 128 or 256): w[n][k] = values[n * groups + k
/// / inputs] * trit, groups = K / inputs rounded up. Borrows both. The values are floats or float16, which gives the
/// same results as floats of the same value; `repack_as` lays them out as kernels read them fastest. Throws as
/// `with_row_scales` does.
template <TernaryMatrix W>
auto with_group_scales(const W& w, std::span<const float> values, std::size_t inputs) {
    if (inputs == 0) detail::check_scale_table(w.view().shape(), 1, 0);  // zero means rows, but not here
    return detail::with_table(w.view(), values.data(), values.size(), inputs);
}
template <TernaryMatrix W>
auto with_group_scales(const W& w, std::span<const Float16> values, std::size_t inputs) {
    if (inputs == 0) detail::check_scale_table(w.view().shape(), 1, 0);
    return detail::with_table(w.view(), values.data(), values.size(), inputs);
}

/// The matrix with the scales that lie among its bytes; `borrow` has checked them where the bytes came from outside.
template <TernaryMatrix W>
requires BlockScaledPacking<typename W::packing>
auto with_block_scales(const W& w) noexcept {
    return ScaledView<typename W::packing, BlockScales>(w.view(), {});
}

}  // namespace ternion
