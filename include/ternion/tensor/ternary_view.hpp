#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../packing/packing.hpp"
#include "ternary_bytes.hpp"

namespace ternion {

template <Packing P>
class TernaryView;

/// Wᵀ, as the right operand of `X * W.transpose()`; nothing is moved.
template <Packing P>
struct TransposedTernary {
    TernaryView<P> matrix;
};

/// A packed ternary matrix W[N,K] in memory that somebody else owns: w = scale * trit. Trivially copyable. The
/// constructor trusts its arguments; `borrow` checks them.
template <Packing P>
class TernaryView {
 public:
    using packing = P;

    TERNION_INLINE constexpr TernaryView(Shape shape, const std::byte* data, float scale) noexcept
        : shape_(shape), data_(data), scale_(scale) {}

    [[nodiscard]] TERNION_INLINE constexpr Shape shape() const noexcept { return shape_; }
    [[nodiscard]] TERNION_INLINE constexpr std::size_t rows() const noexcept { return shape_.n; }
    [[nodiscard]] TERNION_INLINE constexpr std::size_t cols() const noexcept { return shape_.k; }
    [[nodiscard]] TERNION_INLINE constexpr float scale() const noexcept { return scale_; }
    [[nodiscard]] TERNION_INLINE constexpr const std::byte* data() const noexcept { return data_; }
    [[nodiscard]] TERNION_INLINE constexpr TernaryView view() const noexcept { return *this; }
    [[nodiscard]] TERNION_INLINE constexpr TransposedTernary<P> transpose() const noexcept { return {*this}; }
    /// The same matrix, its packing known at run time only.
    TERNION_INLINE operator TernaryBytes() const noexcept {  // NOLINT: nothing is lost but the type
        return {&packing_info<P>, shape_, data_, scale_};
    }

 private:
    Shape shape_;
    const std::byte* data_;
    float scale_;
};

inline namespace TERNION_ABI {

/// `borrow` for a packing that is known when the program is compiled: views bytes that hold a matrix W[N,K], for
/// instance those of a mapped file, and throws std::invalid_argument for the same reasons. Scales among the bytes are
/// applied by `with_block_scales`, and play no part otherwise.
template <Packing P>
TernaryView<P> borrow(std::span<const std::byte> bytes, std::size_t n, std::size_t k, float scale = 1) {
    const TernaryBytes checked = borrow(packing_info<P>, bytes, n, k, scale);
    return {checked.shape, checked.data, scale};
}

}  // namespace TERNION_ABI

/// What operations accept as a weight matrix: anything with a view().
template <class W>
concept TernaryMatrix = requires(const W& w) {
    typename W::packing;
    { w.view() } -> std::same_as<TernaryView<typename W::packing>>;
};

}  // namespace ternion
