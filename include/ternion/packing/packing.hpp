#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../core/shape.hpp"

namespace ternion {

/// A packing says how the trits of a matrix W[N,K] lie in memory. It speaks in codes, code = trit + 1 (0, 1, 2), and
/// does two things, each without SIMD and for any shape:
///
///   pack_stripe  writes one stripe, a set of rows whose bytes belong to it alone. Stripes are therefore packed in
///                parallel. `codes` is row-major [rows of the stripe][K]; every byte of the stripe is written, padding
///                too.
///   unpack       reads the codes of inputs k .. k + count - 1 of one row. A byte that encodes no trit gives 3 or more.
///
/// Stripe s holds rows s * stripe_rows(shape) and following, the last one fewer where N ends; a packing that pairs
/// distant rows says so by `stripe_row(shape, stripe, i)` and `rows_in_stripe(shape, stripe)`, at most stripe_rows.
/// Nothing more is needed for a packing to be exact in every operation. The functions are TERNION_INLINE, so that units
/// compiled for different machines don't share a copy. Optional members, found with `requires`, make it fast:
///
///   template <class B> unpack_simd(...)     as unpack, with backend B (simd/): KernelPath::unpack_simd
///   row_bytes(shape), InPlace<B>            rows multiplied from their bytes (in_place.hpp): KernelPath::in_place
///   packed_rows(shape)                      bytes with codes of four distant rows (in_place.hpp): the same
///   split_bytes<B>, field<B, F, Unit>       the codes of a register of a panel (panel.hpp): KernelPath::panel
///   entry_weights(), has_signs              tables of sums (lookup_panel.hpp): KernelPath::lookup
///   has_zeros, count_negative(row, blocks)  planes of bits (plane_rows.hpp): KernelPath::mask
///   valid(shape, data)                      whether all codes are trits, faster than by unpacking them
///
/// With has_zeros = false zero has no encoding; data with a zero is refused before it is packed.
///
/// A packing with scales among its bytes satisfies BlockScaledPacking, too.
template <class P>
concept Packing = requires(Shape shape, std::size_t i, const std::byte* data, std::byte* out, const std::uint8_t* codes,
                           std::uint8_t* codes_out) {
    { P::name } -> std::convertible_to<std::string_view>;
    { P::bits_per_weight } -> std::convertible_to<double>;
    { P::bytes(shape) } -> std::same_as<std::size_t>;
    { P::stripe_rows(shape) } -> std::same_as<std::size_t>;
    { P::pack_stripe(shape, i, codes, out) } -> std::same_as<void>;
    { P::unpack(shape, data, i, i, i, codes_out) } -> std::same_as<void>;
};

/// A packing whose bytes hold a scale for each group of `group_inputs` weights along K, 64, 128 or 256 of them; the
/// last group of a row may be shorter. `set_scale` rounds as the format does. `pack_stripe` writes some scale, and
/// `pack` the one that belongs there.
template <class P>
concept BlockScaledPacking =
    Packing<P> && requires(Shape shape, std::size_t i, const std::byte* data, std::byte* out, float scale) {
        requires P::group_inputs == 64 || P::group_inputs == 128 || P::group_inputs == 256;
        { P::scale_at(shape, data, i, i) } -> std::same_as<float>;
        { P::set_scale(shape, out, i, i, scale) } -> std::same_as<void>;
    };

/// Whether P can hold weights of zero.
template <Packing P>
inline constexpr bool holds_zeros = [] {
    if constexpr (requires { P::has_zeros; }) {
        return P::has_zeros;
    } else {
        return true;
    }
}();

/// The number of stripes of a matrix.
template <Packing P>
constexpr std::size_t stripe_count(Shape shape) noexcept {
    return ceil_div(shape.n, P::stripe_rows(shape));
}

/// The rows in one stripe.
template <Packing P>
constexpr std::size_t rows_in_stripe(Shape shape, std::size_t stripe) noexcept {
    if constexpr (requires { P::rows_in_stripe(shape, stripe); }) {
        return P::rows_in_stripe(shape, stripe);
    } else {
        const std::size_t rows = P::stripe_rows(shape);
        return shape.n - stripe * rows < rows ? shape.n - stripe * rows : rows;
    }
}

/// The matrix row that is row i of a stripe.
template <Packing P>
constexpr std::size_t stripe_row(Shape shape, std::size_t stripe, std::size_t i) noexcept {
    if constexpr (requires { P::stripe_row(shape, stripe, i); }) {
        return P::stripe_row(shape, stripe, i);
    } else {
        return stripe * P::stripe_rows(shape) + i;
    }
}

}  // namespace ternion
