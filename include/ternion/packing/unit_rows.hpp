#pragma once

// What the layouts of whole rows share that reuse a codec of panels. A row is a sequence of units of 64 bytes, each row
// begins with one, and rows follow each other, so that any of them can be read alone:
//
//   unit u of a row     byte b holds weights  u * 64Q + 64f + b,  f = 0 .. Q-1
//
// The codec says how the Q codes of a byte are encoded; code f is the one of field f. A register of any width up to 64
// bytes holds neighbours in each field. Weights past the end of a row are zero trits.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../core/unroll.hpp"
#include "codes_at.hpp"
#include "in_place.hpp"
#include "panel.hpp"
#include "unpack_blocks.hpp"

namespace ternion {

namespace detail {

inline namespace TERNION_ABI {

/// Whether the codes of field F come from a look-up of their own: they are at no other place than the first bits.
template <class Codec, class B, std::size_t F>
inline constexpr bool own_lookup = requires { requires Codec::template own_lookup<B, F>; };

/// The unit of bits that codes of field F are shifted down by, where others are by `Unit` bits.
template <class Codec, class B, std::size_t F, int Unit>
inline constexpr int unit_of_field = own_lookup<Codec, B, F> ? 2 : Unit;

/// How far up the codes of field F are left.
template <class Codec, class B, std::size_t F, int Unit>
inline constexpr int shift_of_field = Codec::place_of_code[F] % unit_of_field<Codec, B, F, Unit>;

/// The fields whose codes are left at one place, at most.
template <class Codec, class B, int Unit>
inline constexpr std::size_t most_at_one_place = []<std::size_t... F>(std::index_sequence<F...>) {
    std::array<std::size_t, 8> count{};
    (++count[shift_of_field<Codec, B, F, Unit>], ...);
    return *std::max_element(count.begin(), count.end());
}(std::make_index_sequence<Codec::codes_per_byte>{});

}  // namespace TERNION_ABI
}  // namespace detail

/// The layout of a packing whose units are encoded by a codec of panels (panel.hpp).
template <class PanelCodec>
struct UnitRows {
    using Codec = PanelCodec;
    static constexpr std::size_t codes_per_byte = Codec::codes_per_byte;
    static constexpr std::size_t unit_bytes = 64;
    static constexpr std::size_t unit_inputs = unit_bytes * codes_per_byte;

    static constexpr std::size_t row_bytes(Shape shape) noexcept { return ceil_div(shape.k, unit_inputs) * unit_bytes; }
    static constexpr std::size_t bytes(Shape shape) noexcept { return shape.n * row_bytes(shape); }
    static constexpr std::size_t stripe_rows(Shape) noexcept { return 1; }

    static TERNION_INLINE void pack_stripe(Shape shape, std::size_t row, const std::uint8_t* codes,
                                           std::byte* data) noexcept {
        std::byte* out = data + row * row_bytes(shape);
        for (std::size_t k = 0; k < shape.k; k += unit_inputs, out += unit_bytes) {
            if (shape.k - k >= unit_inputs) {
                encode_unit(codes + k, out);
            } else {
                std::array<std::uint8_t, unit_inputs> padded;
                std::fill(std::copy(codes + k, codes + shape.k, padded.begin()), padded.end(), std::uint8_t{1});
                encode_unit(padded.data(), out);
            }
        }
    }

    /// Whole units go straight to `codes`, parts of one through a buffer.
    static TERNION_INLINE void unpack(Shape shape, const std::byte* data, std::size_t row, std::size_t k,
                                      std::size_t count, std::uint8_t* codes) noexcept {
        const auto decode = [](const std::byte* unit, std::uint8_t* out)
                                TERNION_INLINE_LAMBDA { decode_unit(unit, out); };
        detail::unpack_blocks<unit_inputs, unit_bytes>(data + row * row_bytes(shape), k, count, codes, decode);
    }
    template <class B>
    requires(PanelPacking<Codec, B> && B::bytes <= unit_bytes)
    static TERNION_INLINE void unpack_simd(Shape shape, const std::byte* data, std::size_t row, std::size_t k,
                                           std::size_t count, std::uint8_t* codes) noexcept {
        const auto decode = [](const std::byte* unit, std::uint8_t* out) TERNION_INLINE_LAMBDA {
            B::prefetch(unit + 2048);
            for (std::size_t b = 0; b < unit_bytes; b += B::bytes) {
                const auto split = Codec::template split_bytes<B>(B::load_once(unit + b));
                unroll<codes_per_byte>(
                    [&](auto f) TERNION_INLINE_LAMBDA { B::store(out + unit_bytes * f + b, Codec::template field<B, f, 2>(split)); });
            }
        };
        detail::unpack_blocks<unit_inputs, unit_bytes>(data + row * row_bytes(shape), k, count, codes, decode);
    }

    static TERNION_INLINE void encode_unit(const std::uint8_t* codes, std::byte* out) noexcept {
        for (std::size_t b = 0; b < unit_bytes; b += 4) {
            std::array<std::uint32_t, codes_per_byte> words;
            for (std::size_t f = 0; f < codes_per_byte; ++f)
                std::memcpy(&words[f], codes + unit_bytes * f + b, 4);
            const std::uint32_t four = Codec::encode(words);
            std::memcpy(out + b, &four, 4);
        }
    }
    static TERNION_INLINE void decode_unit(const std::byte* in, std::uint8_t* codes) noexcept {
        for (std::size_t b = 0; b < unit_bytes; ++b)
            for (std::size_t f = 0; f < codes_per_byte; ++f)
                codes[unit_bytes * f + b] = Codec::decode_byte(std::to_integer<std::uint8_t>(in[b]), f);
    }
    /// The code of weight `place` of a unit.
    static TERNION_INLINE std::uint8_t code_at(const std::byte* unit, std::size_t place) noexcept {
        return Codec::decode_byte(std::to_integer<std::uint8_t>(unit[place % unit_bytes]), place / unit_bytes);
    }

    template <class B, std::size_t M = 1>
    requires(PanelPacking<Codec, B> && B::bytes <= unit_bytes)
    struct InPlace {
        static constexpr std::size_t unit_inputs = UnitRows::unit_inputs;
        static constexpr std::size_t unit_bytes = UnitRows::unit_bytes;
        static constexpr std::size_t read_bytes = unit_bytes;
        static constexpr std::size_t registers = read_bytes / B::bytes;
        static constexpr std::size_t fields = codes_per_byte;
        static constexpr std::size_t few_tokens = detail::few_in_place<B, 2>;
        static constexpr int bits = detail::bits_in_place<B, M>;
        static constexpr std::size_t accumulators = bits / 2;
        static constexpr unsigned highest_code = detail::highest_code(bits);
        static constexpr std::size_t dots = detail::most_at_one_place<Codec, B, bits>;
        static constexpr std::size_t totals = 1;

        static constexpr std::size_t total_of(std::size_t) noexcept { return 0; }
        static constexpr int shift_of(std::size_t accumulator) noexcept { return static_cast<int>(2 * accumulator); }
        static constexpr std::uint32_t combine(const std::array<std::uint32_t, 1>& sums) noexcept { return sums[0]; }

        template <std::size_t R>
        static TERNION_INLINE typename B::Bytes load(const std::byte* unit) noexcept {
            return B::load_once(unit + R * B::bytes);
        }
        static TERNION_INLINE void arrange(const std::int8_t* x, std::int8_t* out) noexcept {
            for (std::size_t f = 0; f < fields; ++f)
                for (std::size_t b = 0; b < unit_bytes; b += 16)
                    std::memcpy(out + detail::arranged_place<B, fields>(b, f), x + unit_bytes * f + b, 16);
        }
        template <std::size_t F>
        static constexpr auto accumulator_of = static_cast<std::size_t>(detail::shift_of_field<Codec, B, F, bits> / 2);
        static TERNION_INLINE auto split(typename B::Bytes packed) noexcept {
            return Codec::template split_bytes<B>(packed);
        }
        template <std::size_t F, class Split>
        static TERNION_INLINE typename B::Bytes field(const Split& split) noexcept {
            return Codec::template field<B, F, detail::unit_of_field<Codec, B, F, bits>>(split);
        }
        template <class Dot>
        static TERNION_INLINE void multiply(typename B::Bytes packed, Dot&& dot) noexcept {
            const auto parts = split(packed);
            unroll<fields>([&](auto f)
                               TERNION_INLINE_LAMBDA { dot.template operator()<accumulator_of<f>, f>(field<f>(parts)); });
        }
    };
};

}  // namespace ternion
