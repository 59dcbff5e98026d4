#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "../core/aligned_buffer.hpp"
#include "ternary_view.hpp"

namespace ternion {

/// A ternary matrix W[N,K] that owns its bytes: w = scale * trit, trits in packing P. Made by `pack` and `repack`;
/// copying copies the bytes. Operations take it or its view. Const use from several threads is safe.
template <Packing P>
class PackedTernary {
 public:
    using packing = P;

    /// Takes P::bytes(shape) bytes that are in packing P already; trusts them, as TernaryView does.
    PackedTernary(Shape shape, AlignedBuffer<std::byte> bytes, float scale) noexcept
        : shape_(shape), bytes_(std::move(bytes)), scale_(scale) {
        TERNION_ASSERT(bytes_.size() == P::bytes(shape));
    }

    operator TernaryView<P>() const noexcept { return view(); }  // NOLINT: a matrix is a view of itself
    TERNION_INLINE operator TernaryBytes() const noexcept {
        return view();
    }  // NOLINT: also where the packing isn't known

    [[nodiscard]] Shape shape() const noexcept { return shape_; }
    [[nodiscard]] std::size_t rows() const noexcept { return shape_.n; }
    [[nodiscard]] std::size_t cols() const noexcept { return shape_.k; }
    [[nodiscard]] float scale() const noexcept { return scale_; }
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {bytes_.data(), bytes_.size()}; }
    [[nodiscard]] TernaryView<P> view() const noexcept { return {shape_, bytes_.data(), scale_}; }

    [[nodiscard]] TransposedTernary<P> transpose() const noexcept { return {view()}; }

    /// Writes all trits, -1, 0 or +1, row-major [N,K]. Throws std::invalid_argument unless there is room for N * K.
    TERNION_INLINE void unpack(std::span<std::int8_t> trits) const { unpack_trits(view(), trits); }

    /// Equal shape, scale and bytes; padding is the same for equal trits.
    friend bool operator==(const PackedTernary& a, const PackedTernary& b) noexcept {
        return a.shape_ == b.shape_ && a.scale_ == b.scale_ &&
               std::equal(a.bytes_.begin(), a.bytes_.end(), b.bytes_.begin(), b.bytes_.end());
    }

 private:
    Shape shape_;
    AlignedBuffer<std::byte> bytes_;
    float scale_;
};

}  // namespace ternion
