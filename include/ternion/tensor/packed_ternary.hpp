#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "../core/aligned_buffer.hpp"
#include "ternary_view.hpp"

namespace ternion {

/// Writes all trits of a matrix, row-major [N,K]. Throws std::invalid_argument unless there is room for exactly N * K.
template <Packing P>
void unpack_trits(const TernaryView<P>& w, std::span<std::int8_t> trits) {
    if (trits.size() != w.shape().size()) {
        TERNION_THROW(std::invalid_argument, "unpack: a matrix of " + to_string(w.shape()) + " has " +
                                                 std::to_string(w.shape().size()) + " trits, not " +
                                                 std::to_string(trits.size()));
    }
    for (std::size_t n = 0; n < w.rows(); ++n) {
        std::int8_t* row = trits.data() + n * w.cols();
        P::unpack(w.shape(), w.data(), n, 0, w.cols(), reinterpret_cast<std::uint8_t*>(row));
        for (std::size_t k = 0; k < w.cols(); ++k)
            row[k] = static_cast<std::int8_t>(row[k] - 1);
    }
}

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

    [[nodiscard]] Shape shape() const noexcept { return shape_; }
    [[nodiscard]] std::size_t rows() const noexcept { return shape_.n; }
    [[nodiscard]] std::size_t cols() const noexcept { return shape_.k; }
    [[nodiscard]] float scale() const noexcept { return scale_; }
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {bytes_.data(), bytes_.size()}; }
    [[nodiscard]] TernaryView<P> view() const noexcept { return {shape_, bytes_.data(), scale_}; }

    [[nodiscard]] TransposedTernary<P> transpose() const noexcept { return {view()}; }

    /// Writes all trits, -1, 0 or +1, row-major [N,K]. Throws std::invalid_argument unless there is room for N * K.
    void unpack(std::span<std::int8_t> trits) const { unpack_trits(view(), trits); }

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
