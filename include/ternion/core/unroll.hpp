#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "config.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// Calls f(std::integral_constant<std::size_t, i>{}) for i = 0 .. N-1, unrolled at compile time at every optimisation
/// level: register tiles are arrays whose every index must be a constant.
template <std::size_t N, class F>
TERNION_INLINE void unroll([[maybe_unused]] F&& f) {
    [&]<std::size_t... I>(std::index_sequence<I...>) TERNION_INLINE_LAMBDA {
        (f(std::integral_constant<std::size_t, I>{}), ...);
    }(std::make_index_sequence<N>{});
}

}  // namespace TERNION_ABI
}  // namespace ternion
