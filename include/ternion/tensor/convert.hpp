#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>

#include "../core/config.hpp"
#include "../core/float16.hpp"
#include "../simd/isa.hpp"

namespace ternion {

namespace detail {

inline void check_same_length(std::size_t from, std::size_t to) {
    if (from == to) return;
    TERNION_THROW(std::invalid_argument,
                  "convert: " + std::to_string(from) + " values into room for " + std::to_string(to));
}

}  // namespace detail

inline namespace TERNION_ABI {

/// Widens n Float16 or BFloat16 values to float, exactly.
template <class Arch = default_arch, class Half>
void widen(const Half* from, std::size_t n, float* to) noexcept {
    using B = backend_of<Arch>;
    const std::size_t whole = n - n % B::lanes;
    for (std::size_t i = 0; i < whole; i += B::lanes)
        B::store_floats(to + i, B::widen(from + i));
    for (std::size_t i = whole; i < n; ++i)
        to[i] = static_cast<float>(from[i]);
}

/// Narrows n floats to Float16 or BFloat16, to nearest even; what is too large becomes infinity, NaN stays NaN.
template <class Arch = default_arch, class Half>
void narrow(const float* from, std::size_t n, Half* to) noexcept {
    using B = backend_of<Arch>;
    const std::size_t whole = n - n % B::lanes;
    for (std::size_t i = 0; i < whole; i += B::lanes)
        B::narrow(to + i, B::load_floats(from + i));
    for (std::size_t i = whole; i < n; ++i)
        to[i] = Half(from[i]);
}

/// Widens Float16 or BFloat16 values to float, exactly. The spans have the same length and don't overlap; throws
/// std::invalid_argument for other lengths.
template <class Arch = default_arch, class Half>
void widen(std::span<const Half> from, std::span<float> to) {
    detail::check_same_length(from.size(), to.size());
    widen<Arch>(from.data(), from.size(), to.data());
}

/// Narrows floats to Float16 or BFloat16, to nearest even; what is too large becomes infinity, NaN stays NaN. The spans
/// have the same length and don't overlap; throws std::invalid_argument for other lengths.
template <class Arch = default_arch, class Half>
void narrow(std::span<const float> from, std::span<Half> to) {
    detail::check_same_length(from.size(), to.size());
    narrow<Arch>(from.data(), from.size(), to.data());
}

}  // namespace TERNION_ABI
}  // namespace ternion
