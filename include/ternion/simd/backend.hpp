#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../core/config.hpp"
#include "../core/float16.hpp"

namespace ternion {

/// The sizes and bounds of a backend, and its types: Bytes (codes or activations), Narrow and Wide (accumulators),
/// Floats, Mask and Words. ScalarBackend (scalar.hpp) states what each means.
template <class B>
concept BackendTraits = requires {
    typename B::Bytes;
    typename B::Narrow;
    typename B::Wide;
    typename B::Floats;
    typename B::Mask;
    typename B::Words;
    { B::name } -> std::convertible_to<std::string_view>;
    { B::fold_every(2u) } -> std::same_as<std::size_t>;
    requires B::bytes % 16 == 0 && B::lanes * 4 == B::bytes;
    requires B::registers == 16 || B::registers == 32;
    requires B::largest_code == 127 || B::largest_code == 255;
    requires std::same_as<decltype(B::wide_dot), const bool> && std::same_as<decltype(B::fast_masks), const bool>;
    requires std::same_as<decltype(B::fast_halves), const bool>;
};

/// Dot products of codes with activations, in accumulators that don't wrap.
template <class B>
concept BackendDots = requires(const void* from, const std::int8_t* q, std::int32_t* sums, typename B::Bytes r,
                               typename B::Narrow narrow, typename B::Wide wide) {
    { B::broadcast4(q) } -> std::same_as<typename B::Bytes>;
    { B::narrow_zero() } -> std::same_as<typename B::Narrow>;
    { B::dot(narrow, r, r) } -> std::same_as<typename B::Narrow>;
    { B::template fold<0>(wide, narrow) } -> std::same_as<typename B::Wide>;
    { B::template fold<4>(wide, narrow) } -> std::same_as<typename B::Wide>;
    { B::wide_zero() } -> std::same_as<typename B::Wide>;
    { B::load_wide(sums) } -> std::same_as<typename B::Wide>;
    B::store_wide(sums, wide);
    { B::add_wide(wide, wide) } -> std::same_as<typename B::Wide>;
    { B::add_bytes(wide, r) } -> std::same_as<typename B::Wide>;
    { B::sum(wide) } -> std::same_as<std::uint32_t>;
    { B::sum4(wide, wide, wide, wide) } -> std::same_as<std::array<std::uint32_t, 4>>;
};

/// Bytes: moving, masking, shifting, looking up, and sums of 16 bits.
template <class B>
concept BackendBytes = requires(const void* from, void* to, std::uint16_t* words, typename B::Bytes r,
                                typename B::Mask mask, typename B::Words sums) {
    { B::load(from) } -> std::same_as<typename B::Bytes>;
    { B::load_once(from) } -> std::same_as<typename B::Bytes>;
    { B::load_parts(from, std::size_t{}) } -> std::same_as<typename B::Bytes>;
    B::store(to, r);
    B::store_halves(to, to, r);
    B::transpose4(from, std::size_t{}, to, std::size_t{});
    { B::interleave4(r, r, r, r) } -> std::same_as<std::array<typename B::Bytes, 4>>;
    { B::splat(std::uint8_t{}) } -> std::same_as<typename B::Bytes>;
    { B::bit_and(r, r) } -> std::same_as<typename B::Bytes>;
    { B::select(r, r, r) } -> std::same_as<typename B::Bytes>;
    { B::template shift_right<2>(r) } -> std::same_as<typename B::Bytes>;
    { B::add(r, r) } -> std::same_as<typename B::Bytes>;
    { B::thirds(r) } -> std::same_as<typename B::Bytes>;
    { B::broadcast16(from) } -> std::same_as<typename B::Bytes>;
    { B::lookup16(r, r) } -> std::same_as<typename B::Bytes>;
    { B::load_mask(from) } -> std::same_as<typename B::Mask>;
    { B::test_bit(r, r) } -> std::same_as<typename B::Mask>;
    { B::add_where(mask, r, r) } -> std::same_as<typename B::Bytes>;
    { B::flip_where(mask, r, r) } -> std::same_as<typename B::Bytes>;
    { B::words_zero() } -> std::same_as<typename B::Words>;
    { B::add_even(sums, r) } -> std::same_as<typename B::Words>;
    { B::add_odd(sums, r) } -> std::same_as<typename B::Words>;
    B::store_words(words, sums);
    B::prefetch(from);
};

/// Floats: quantising, dequantising and 16-bit formats.
template <class B>
concept BackendFloats = requires(const float* from, float* to, std::int8_t* q, const Float16* half, Float16* half_to,
                                 typename B::Wide wide, typename B::Floats x) {
    { B::load_floats(from) } -> std::same_as<typename B::Floats>;
    B::store_floats(to, x);
    { B::splat_float(0.0f) } -> std::same_as<typename B::Floats>;
    { B::multiply(x, x) } -> std::same_as<typename B::Floats>;
    { B::add_floats(x, x) } -> std::same_as<typename B::Floats>;
    { B::to_floats(wide) } -> std::same_as<typename B::Floats>;
    { B::max_magnitude(wide, x) } -> std::same_as<typename B::Wide>;
    { B::reduce_max(wide) } -> std::same_as<std::uint32_t>;
    { B::round_to_int(x) } -> std::same_as<typename B::Wide>;
    { B::clamp(wide, std::int32_t{}, std::int32_t{}) } -> std::same_as<typename B::Wide>;
    B::store_low_bytes(q, wide);
    { B::widen(half) } -> std::same_as<typename B::Floats>;
    B::narrow(half_to, x);
};

/// What kernels are written on: a kind of machine, as static functions on registers. ScalarBackend is the shortest
/// statement of what each function means, Generic<Arch> has all of them for any arch of xsimd, and an ISA's own
/// replaces what its machine does better. Optional members make products faster: lookup64, with cheap_lookup64 or
/// composed_lookup64, multiply_add, rounded once, and to_narrow, an accumulator that begins with sums. Every backend of
/// a build is asserted where archs are listed (isa.hpp).
template <class B>
concept Backend = BackendTraits<B> && BackendDots<B> && BackendBytes<B> && BackendFloats<B>;

inline namespace TERNION_ABI {

/// How an arch finds its backend: each backend's file declares `select_backend(Rank<r>, Arch)` for the archs that it
/// serves, and the highest rank wins: 0 generic, 1 to 8 the files in isa/, 9 scalar.
template <int R>
struct Rank : Rank<R - 1> {};
template <>
struct Rank<0> {};

}  // namespace TERNION_ABI
}  // namespace ternion
