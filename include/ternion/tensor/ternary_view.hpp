#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../packing/packing.hpp"

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

 private:
    Shape shape_;
    const std::byte* data_;
    float scale_;
};

namespace detail {

inline namespace TERNION_ABI {

/// Throws unless a matrix of this shape and scale can exist.
inline void check_matrix(Shape shape, float scale) {
    if (shape.n == 0 || shape.k == 0) {
        TERNION_THROW(std::invalid_argument,
                      "a ternary matrix has at least one row and one column, not " + to_string(shape));
    }
    if (shape.k > max_inputs || shape.n > static_cast<std::size_t>(-1) / 16 / shape.k) {
        TERNION_THROW(std::invalid_argument, "a ternary matrix of " + to_string(shape) +
                                                 " is too large: K is at most " + std::to_string(max_inputs) +
                                                 " and N * K must fit in memory");
    }
    if (!std::isfinite(scale) || scale == 0) {
        TERNION_THROW(std::invalid_argument,
                      "a ternary matrix has a finite scale that is not zero, not " + std::to_string(scale));
    }
}

/// Where the first code that is no trit stands, for the message.
template <Packing P>
std::string first_invalid(Shape shape, const std::byte* data) {
    std::vector<std::uint8_t> codes(shape.k);
    for (std::size_t n = 0; n < shape.n; ++n) {
        P::unpack(shape, data, n, 0, shape.k, codes.data());
        for (std::size_t k = 0; k < shape.k; ++k) {
            if (codes[k] > 2) return "row " + std::to_string(n) + ", column " + std::to_string(k);
        }
    }
    return {};
}

/// Throws unless every code of the matrix is a trit.
template <Packing P>
void check_codes(Shape shape, const std::byte* data) {
    if constexpr (requires { P::valid(shape, data); }) {
        if (P::valid(shape, data)) return;
    }
    const std::string place = first_invalid<P>(shape, data);
    if (place.empty()) return;
    TERNION_THROW(std::invalid_argument, std::string(P::name) + ": " + place + " holds a code that is no trit");
}

/// Whether some inputs of a row have no other trit than zero.
template <Packing P>
bool all_zero(Shape shape, const std::byte* data, std::size_t row, std::size_t k, std::size_t count) {
    std::vector<std::uint8_t> codes(count);
    P::unpack(shape, data, row, k, count, codes.data());
    return std::all_of(codes.begin(), codes.end(), [](std::uint8_t code) { return code == 1; });
}

/// Throws unless each scale_of(row, group) is finite, and zero only where it scales nothing but zero trits: that is how
/// the block formats store a group of zeros, and anything else has lost its scale.
template <Packing P, class ScaleOf>
void check_scales(Shape shape, const std::byte* data, std::size_t group_inputs, const ScaleOf& scale_of) {
    for (std::size_t row = 0; row < shape.n; ++row) {
        for (std::size_t k = 0, group = 0; k < shape.k; k += group_inputs, ++group) {
            const float scale = scale_of(row, group);
            const std::size_t count = (std::min)(group_inputs, shape.k - k);
            if (std::isfinite(scale) && (scale != 0 || all_zero<P>(shape, data, row, k, count))) continue;
            TERNION_THROW(std::invalid_argument,
                          std::string(P::name) + ": row " + std::to_string(row) + ", columns " + std::to_string(k) +
                              " to " + std::to_string(k + count - 1) + " have the scale " + std::to_string(scale) +
                              (scale == 0 ? " but trits that are not zero" : "; a scale is finite"));
        }
    }
}

}  // namespace TERNION_ABI
}  // namespace detail

inline namespace TERNION_ABI {

/// Views bytes that hold a matrix W[N,K] in packing P, for instance those of a mapped file, without copying them.
/// `bytes` must outlive the view and needs no alignment. Throws std::invalid_argument when there are fewer bytes than
/// the shape needs, the shape is empty or too large, the scale is zero or not finite, or a code is no trit: each byte
/// is read once for that. Scales among the bytes must be finite, and zero only where all their trits are zero; they are
/// applied by `with_block_scales`, and play no part otherwise.
template <Packing P>
TernaryView<P> borrow(std::span<const std::byte> bytes, std::size_t n, std::size_t k, float scale = 1) {
    const Shape shape{n, k};
    detail::check_matrix(shape, scale);
    // Rows of few weights may take more bytes than check_matrix thinks of: the product must not wrap.
    const bool fits = n <= static_cast<std::size_t>(-1) / P::bytes({1, k});
    if (!fits || bytes.size() < P::bytes(shape)) {
        TERNION_THROW(std::invalid_argument,
                      std::string(P::name) + ": a matrix of " + to_string(shape) + " takes " +
                          (fits ? std::to_string(P::bytes(shape)) : std::string("more than 2^64")) + " bytes, not " +
                          std::to_string(bytes.size()));
    }
    detail::check_codes<P>(shape, bytes.data());
    if constexpr (BlockScaledPacking<P>) {
        detail::check_scales<P>(shape, bytes.data(), P::group_inputs, [&](std::size_t row, std::size_t group) {
            return P::scale_at(shape, bytes.data(), row, group);
        });
    }
    return {shape, bytes.data(), scale};
}

}  // namespace TERNION_ABI

/// What operations accept as a weight matrix: anything with a view().
template <class W>
concept TernaryMatrix = requires(const W& w) {
    typename W::packing;
    { w.view() } -> std::same_as<TernaryView<typename W::packing>>;
};

}  // namespace ternion
