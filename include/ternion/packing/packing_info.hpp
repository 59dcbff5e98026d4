#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "packing.hpp"

namespace ternion {

/// A packing as data: what the concept Packing asks for, behind pointers, so that whatever isn't a kernel is compiled
/// once for all packings, and a program may choose among them by name. The functions are those of the packing, with the
/// same preconditions. `packing_info<P>` makes one; two infos of a packing are interchangeable.
struct PackingInfo {
    std::string_view name;
    double bits_per_weight;
    bool has_zeros;            // whether a weight may be zero
    std::size_t group_inputs;  // weights along K that share one of the scales among the bytes; 0: there are none
    std::size_t (*bytes)(Shape) noexcept;
    std::size_t (*stripes)(Shape) noexcept;
    std::size_t (*stripe_rows)(Shape) noexcept;  // of the largest stripe
    std::size_t (*rows_in_stripe)(Shape, std::size_t stripe) noexcept;
    std::size_t (*stripe_row)(Shape, std::size_t stripe, std::size_t i) noexcept;
    void (*pack_stripe)(Shape, std::size_t stripe, const std::uint8_t* codes, std::byte* data) noexcept;
    void (*unpack)(Shape, const std::byte* data, std::size_t row, std::size_t k, std::size_t count,
                   std::uint8_t* codes) noexcept;
    bool (*valid)(Shape, const std::byte* data) noexcept;  // null: only unpacking tells
    float (*scale_at)(Shape, const std::byte* data, std::size_t row, std::size_t group) noexcept;  // null: no such
    void (*set_scale)(Shape, std::byte* data, std::size_t row, std::size_t group, float scale) noexcept;  // scales
};

inline namespace TERNION_ABI {

/// The functions of a packing as functions of their own: those of the packing itself are inlined everywhere, because an
/// address of theirs would be one that units compiled for different machines share.
template <Packing P>
struct PackingFunctions {
    static std::size_t bytes(Shape shape) noexcept { return P::bytes(shape); }
    static std::size_t stripes(Shape shape) noexcept { return stripe_count<P>(shape); }
    static std::size_t stripe_rows(Shape shape) noexcept { return P::stripe_rows(shape); }
    static std::size_t rows_in_stripe(Shape shape, std::size_t stripe) noexcept {
        return ternion::rows_in_stripe<P>(shape, stripe);
    }
    static std::size_t stripe_row(Shape shape, std::size_t stripe, std::size_t i) noexcept {
        return ternion::stripe_row<P>(shape, stripe, i);
    }
    static void pack_stripe(Shape shape, std::size_t stripe, const std::uint8_t* codes, std::byte* data) noexcept {
        P::pack_stripe(shape, stripe, codes, data);
    }
    static void unpack(Shape shape, const std::byte* data, std::size_t row, std::size_t k, std::size_t count,
                       std::uint8_t* codes) noexcept {
        P::unpack(shape, data, row, k, count, codes);
    }
    static bool valid(Shape shape, const std::byte* data) noexcept {
        if constexpr (requires { P::valid(shape, data); }) return P::valid(shape, data);
        return false;
    }
    static float scale_at(Shape shape, const std::byte* data, std::size_t row, std::size_t group) noexcept {
        if constexpr (BlockScaledPacking<P>) return P::scale_at(shape, data, row, group);
        return 0;
    }
    static void set_scale(Shape shape, std::byte* data, std::size_t row, std::size_t group, float scale) noexcept {
        if constexpr (BlockScaledPacking<P>) P::set_scale(shape, data, row, group, scale);
    }
};

/// P as data.
template <Packing P>
inline constexpr PackingInfo packing_info = [] {
    using F = PackingFunctions<P>;
    PackingInfo info{
        P::name,           P::bits_per_weight, holds_zeros<P>, 0,         F::bytes, F::stripes, F::stripe_rows,
        F::rows_in_stripe, F::stripe_row,      F::pack_stripe, F::unpack, nullptr,  nullptr,    nullptr};
    if constexpr (requires(Shape shape, const std::byte* data) { P::valid(shape, data); }) info.valid = F::valid;
    if constexpr (BlockScaledPacking<P>) {
        info.group_inputs = P::group_inputs;
        info.scale_at = F::scale_at;
        info.set_scale = F::set_scale;
    }
    return info;
}();

}  // namespace TERNION_ABI
}  // namespace ternion
