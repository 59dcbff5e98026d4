#pragma once

// Packings whose rows are multiplied from their own bytes. A row is a sequence of units. A kernel reads one as a few
// registers; each of them gives several registers of codes, its fields, one after the other, which meet the activations
// that a product has arranged in the same order:
//
//   arranged activations of a unit   register 0: field 0, field 1, ...   register 1: field 0, ...     B::bytes each

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../core/unroll.hpp"
#include "codes_at.hpp"

namespace ternion {

/// Whether P's rows can be multiplied in place with backend B. `P::row_bytes(shape)` are the bytes from one row to the
/// next, 0 for a shape whose rows share bytes; `P::InPlace<B, M>` says how, for M tokens at once:
///
///   unit_inputs, unit_bytes      of a unit; read_bytes from its beginning may be read
///   few_tokens                   up to which this is faster than unpacking codes for all tokens once
///   registers, fields            that a unit is read as, and of codes that each of them gives
///   load<R>(unit)                register R
///   arrange(x, out)              the activations of a unit, in the order above
///   multiply(packed, dot)        calls dot<Accumulator, Field>(codes) for all products of a register
///   split, field<F>, accumulator_of<F>   optional, for M > 1 tokens that share codes: what the fields of a register
///                                have in common, the codes of one, and the accumulator that takes them
///   accumulators, highest_code   the accumulators of a row, and the largest value in `codes`;
///   dots                         the products of a register that one of them takes, at most
///   totals, total_of, shift_of   the sums of a row, which of them an accumulator is added to, shifted right so far
///   combine(totals)              what they make: the sum of codes times activations
template <class P, class B>
concept InPlacePacking = requires(Shape shape) {
    { P::row_bytes(shape) } -> std::same_as<std::size_t>;
    { P::template InPlace<B>::unit_inputs } -> std::convertible_to<std::size_t>;
};

/// A packing of `packed_rows(shape)` rows of K bytes: bits 2f and 2f + 1 of byte k of packed row r are the code of row
/// r + f * packed_rows(shape), input k.
template <class P>
concept QuarterPacking = requires(Shape shape) {
    { P::packed_rows(shape) } -> std::same_as<std::size_t>;
};

namespace detail {

inline namespace TERNION_ABI {

/// The place of a unit's byte and field among its arranged activations.
template <class B, std::size_t Fields>
constexpr std::size_t arranged_place(std::size_t byte, std::size_t field) noexcept {
    return (byte / B::bytes * Fields + field) * B::bytes + byte % B::bytes;
}

/// The unit of bits by which codes are shifted down that M tokens share. Each place has an accumulator, and several
/// tokens need one each.
template <class B, std::size_t M>
inline constexpr int bits_in_place = M > 1                                       ? 2
                                     : (whole_byte_codes<B>&& B::registers > 16) ? 8
                                                                                 : 4;

/// Up to how many tokens the rows of a packing are multiplied in place that tokens share the codes of, with registers
/// for four tokens at once: until tiles take over. Elsewhere so `few`.
template <class B, std::size_t few>
inline constexpr std::size_t few_in_place = B::wide_dot && B::registers > 16 ? 40 : few;

/// What formats of four 2-bit codes a byte share: they are multiplied where they stand, as far as accumulators allow.
template <class B, std::size_t M, int... Shifts>
struct TwoBitInPlace {
    static constexpr std::array<int, 4> shifts{Shifts...};
    static constexpr int bits = bits_in_place<B, M>;
    static constexpr std::size_t fields = 4;
    static constexpr std::size_t accumulators = bits / 2;
    static constexpr unsigned highest_code = detail::highest_code(bits);
    static constexpr std::size_t dots = 8 / bits;
    static constexpr std::size_t totals = 1;

    static constexpr std::size_t total_of(std::size_t) noexcept { return 0; }
    static constexpr int shift_of(std::size_t accumulator) noexcept { return static_cast<int>(2 * accumulator); }
    static constexpr std::uint32_t combine(const std::array<std::uint32_t, 1>& sums) noexcept { return sums[0]; }

    template <std::size_t F>
    static constexpr auto accumulator_of = static_cast<std::size_t>(shifts[F] % bits / 2);
    static TERNION_INLINE typename B::Bytes split(typename B::Bytes packed) noexcept { return packed; }
    template <std::size_t F>
    static TERNION_INLINE typename B::Bytes field(typename B::Bytes packed) noexcept {
        return codes_at<B, shifts[F], bits>(packed);
    }
    template <class Dot>
    static TERNION_INLINE void multiply(typename B::Bytes packed, Dot&& dot) noexcept {
        unroll<4>([&](auto f)
                      TERNION_INLINE_LAMBDA { dot.template operator()<accumulator_of<f>, f>(field<f>(packed)); });
    }
};

}  // namespace TERNION_ABI
}  // namespace detail
}  // namespace ternion
