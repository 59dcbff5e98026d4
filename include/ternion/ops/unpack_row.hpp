#pragma once

#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../packing/packing.hpp"
#include "../tensor/ternary_view.hpp"

namespace ternion {

/// Whether P unpacks codes by registers of backend B.
template <class P, class B>
concept SimdUnpacking = requires(Shape shape, const std::byte* data, std::uint8_t* codes) {
    P::template unpack_simd<B>(shape, data, 0, 0, 0, codes);
};

inline namespace TERNION_ABI {

/// The codes of inputs k .. k + count - 1 of one row, the fastest way that P has with backend B.
template <class B, Packing P>
TERNION_INLINE void unpack_row(const TernaryView<P>& w, std::size_t row, std::size_t k, std::size_t count,
                               std::uint8_t* codes) noexcept {
    if constexpr (SimdUnpacking<P, B>) {
        P::template unpack_simd<B>(w.shape(), w.data(), row, k, count, codes);
    } else {
        P::unpack(w.shape(), w.data(), row, k, count, codes);
    }
}

}  // namespace TERNION_ABI
}  // namespace ternion
