#pragma once

// ByInput<Rows>: weights stored by input, for products over a list of inputs. Outputs are cut into panels of some units
// of 64 bytes, as packing Rows has them (unit_rows.hpp); a panel is stored input after input, and panels follow each
// other:
//
//   panel p, input k     unit u of the panel: byte b holds outputs  (first + u) * 64Q + 64f + b,  f = 0 .. Q-1
//   first = units * p / panels     units = N / 64Q rounded up     panels = 2 * (units / 10 rounded up), 1 for one unit
//
// So what multiplies an input lies side by side in pieces of up to 320 bytes, and threads that take panels of their own
// read memory that is theirs alone: 2560 outputs are two panels. As many bits a weight as Rows, where N is a multiple
// of a unit's weights; outputs beyond are zero trits.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "panel.hpp"
#include "trits5_rows.hpp"
#include "two_bit_rows.hpp"

namespace ternion {

namespace detail {

/// The name of a packing, and of the same by input.
template <class Rows>
inline constexpr auto by_input_name = [] {
    constexpr std::string_view end = "_by_input";
    std::array<char, Rows::name.size() + end.size()> text{};
    std::copy(end.begin(), end.end(), std::copy(Rows::name.begin(), Rows::name.end(), text.begin()));
    return text;
}();

inline namespace TERNION_ABI {

/// Transposes eight by eight bytes: byte i at from + j * ld goes to byte j at to + i * ldt.
TERNION_INLINE void transpose8(const std::uint8_t* from, std::size_t ld, std::uint8_t* to, std::size_t ldt) noexcept {
    std::array<std::uint64_t, 8> r;
    for (std::size_t j = 0; j < 8; ++j)
        std::memcpy(&r[j], from + j * ld, 8);
    const auto swap = [&](std::size_t apart, std::uint64_t mask) TERNION_INLINE_LAMBDA {
        for (std::size_t j = 0; j < 8; ++j) {
            if ((j & apart) != 0) continue;
            const std::uint64_t differs = (r[j] >> 8 * apart ^ r[j + apart]) & mask;
            r[j + apart] ^= differs;
            r[j] ^= differs << 8 * apart;
        }
    };
    swap(4, 0x00000000ffffffffu);
    swap(2, 0x0000ffff0000ffffu);
    swap(1, 0x00ff00ff00ff00ffu);
    for (std::size_t i = 0; i < 8; ++i)
        std::memcpy(to + i * ldt, &r[i], 8);
}

}  // namespace TERNION_ABI
}  // namespace detail

template <class RowsPacking>
struct ByInput {
    using Rows = RowsPacking;
    using Codec = typename Rows::Codec;
    static constexpr std::string_view name{detail::by_input_name<Rows>.data(), detail::by_input_name<Rows>.size()};
    static constexpr double bits_per_weight = Rows::bits_per_weight;
    static constexpr std::size_t codes_per_byte = Rows::codes_per_byte;
    static constexpr std::size_t unit_bytes = Rows::unit_bytes;
    static constexpr std::size_t unit_outputs = Rows::unit_inputs;

    static constexpr std::size_t most_panel_units = 5;

    static constexpr std::size_t units(Shape shape) noexcept { return ceil_div(shape.n, unit_outputs); }
    static constexpr std::size_t bytes(Shape shape) noexcept { return units(shape) * shape.k * unit_bytes; }
    static constexpr std::size_t stripe_rows(Shape) noexcept { return unit_outputs; }

    /// The units from `begin` on that are stored side by side, input after input.
    struct Units {
        std::size_t begin, end;

        /// The bytes from one input to the next.
        [[nodiscard]] TERNION_INLINE constexpr std::size_t input_bytes() const noexcept {
            return (end - begin) * unit_bytes;
        }
        /// Where a unit of input 0 lies.
        [[nodiscard]] TERNION_INLINE constexpr std::size_t place(Shape shape, std::size_t unit) const noexcept {
            return (begin * shape.k + unit - begin) * unit_bytes;
        }
    };
    static TERNION_INLINE constexpr Units panel_of(Shape shape, std::size_t unit) noexcept {
        const std::size_t all = units(shape), panels = all == 1 ? 1 : 2 * ceil_div(all, 2 * most_panel_units);
        const std::size_t panel = ((unit + 1) * panels - 1) / all;
        return {all * panel / panels, all * (panel + 1) / panels};
    }

    template <class B>
    static constexpr bool quick = [] {
        if constexpr (requires { Rows::template quick<B>; }) return Rows::template quick<B>;
        return true;
    }();

    /// One unit of each input.
    static TERNION_INLINE void pack_stripe(Shape shape, std::size_t stripe, const std::uint8_t* codes,
                                           std::byte* data) noexcept {
        const std::size_t outputs = (std::min)(unit_outputs, shape.n - stripe * unit_outputs);
        const Units panel = panel_of(shape, stripe);
        std::byte* out = data + panel.place(shape, stripe);
        std::uint8_t codes_of_unit[inputs_at_once][unit_outputs];
        std::memset(codes_of_unit, 1, sizeof(codes_of_unit));
        for (std::size_t k = 0; k < shape.k; k += inputs_at_once) {
            const std::size_t inputs = (std::min)(inputs_at_once, shape.k - k);
            for (std::size_t n = 0; n < outputs; n += 8)
                transpose(codes + n * shape.k + k, shape.k, (std::min)(outputs - n, std::size_t{8}), inputs,
                          codes_of_unit[0] + n);
            for (std::size_t i = 0; i < inputs; ++i)
                Rows::encode_unit(codes_of_unit[i], out + (k + i) * panel.input_bytes());
        }
    }

    static TERNION_INLINE void unpack(Shape shape, const std::byte* data, std::size_t row, std::size_t k,
                                      std::size_t count, std::uint8_t* codes) noexcept {
        const Units panel = panel_of(shape, row / unit_outputs);
        const std::byte* input = data + panel.place(shape, row / unit_outputs) + k * panel.input_bytes();
        for (std::size_t i = 0; i < count; ++i, input += panel.input_bytes())
            codes[i] = Rows::code_at(input, row % unit_outputs);
    }

    static TERNION_INLINE bool valid(Shape shape, const std::byte* data) noexcept
    requires requires { Rows::valid(shape, data); }
    {
        return Rows::valid({1, bytes(shape) * codes_per_byte}, data);
    }

 private:
    static constexpr std::size_t inputs_at_once = 8;

    /// Up to eight by eight codes.
    static TERNION_INLINE void transpose(const std::uint8_t* from, std::size_t ld, std::size_t rows, std::size_t cols,
                                         std::uint8_t* to) noexcept {
        if (rows == 8 && cols == 8) return detail::transpose8(from, ld, to, unit_outputs);
        for (std::size_t i = 0; i < cols; ++i)
            for (std::size_t j = 0; j < rows; ++j)
                to[i * unit_outputs + j] = from[j * ld + i];
    }
};

/// Whether P's bytes can be decoded in registers of backend B, four inputs together.
template <class P, class B>
concept ByInputPacking = requires(Shape shape) {
    { P::panel_of(shape, 0) } -> std::same_as<typename P::Units>;
    requires PanelPacking<typename P::Codec, B> && B::bytes <= P::unit_bytes;
};

}  // namespace ternion
