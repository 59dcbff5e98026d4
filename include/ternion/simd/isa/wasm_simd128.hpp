#pragma once

#include <wasm_simd128.h>

#include <concepts>

#include "../generic.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// WebAssembly's SIMD128: i16x8.extmul multiplies eight codes by eight activations.
template <class Arch>
struct WasmSimd128 : Generic<Arch> {
    using Base = Generic<Arch>;
    using typename Base::Bytes;
    using typename Base::Wide;
    /// The products of the lower and of the upper eight bytes.
    struct Narrow {
        v128_t low;
        v128_t high;
    };
    static constexpr std::string_view name = "wasm_simd128";
    static constexpr unsigned largest_code = 127;  // both factors are signed

    static constexpr std::size_t fold_every(unsigned max_code) noexcept { return 32768 / (128 * max_code); }

    static TERNION_INLINE Narrow narrow_zero() noexcept {
        return {wasm_i16x8_const_splat(0), wasm_i16x8_const_splat(0)};
    }
    static TERNION_INLINE Narrow dot(Narrow sum, Bytes codes, Bytes activations) noexcept {
        return {wasm_i16x8_add(sum.low, wasm_i16x8_extmul_low_i8x16(codes, activations)),
                wasm_i16x8_add(sum.high, wasm_i16x8_extmul_high_i8x16(codes, activations))};
    }
    template <int Shift>
    static TERNION_INLINE Wide fold(Wide wide, Narrow narrow) noexcept {
        const v128_t low = wasm_i32x4_extadd_pairwise_i16x8(narrow.low);
        const v128_t high = wasm_i32x4_extadd_pairwise_i16x8(narrow.high);
        const v128_t sum =
            wasm_i32x4_add(wasm_i32x4_shuffle(low, high, 0, 2, 4, 6), wasm_i32x4_shuffle(low, high, 1, 3, 5, 7));
        return wide + Wide(wasm_i32x4_shr(sum, Shift));
    }

    template <int Bits>
    static TERNION_INLINE Bytes shift_right(Bytes a) noexcept {
        return Bytes(wasm_u8x16_shr(a, Bits));
    }
    static TERNION_INLINE std::array<Bytes, 4> interleave4(Bytes a, Bytes b, Bytes c, Bytes d) noexcept {
        const auto low = [](v128_t x, v128_t y) TERNION_INLINE_LAMBDA {
            return wasm_i8x16_shuffle(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        };
        const auto high = [](v128_t x, v128_t y) TERNION_INLINE_LAMBDA {
            return wasm_i8x16_shuffle(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        };
        const auto low_pairs = [](v128_t x, v128_t y) TERNION_INLINE_LAMBDA {
            return Bytes(wasm_i16x8_shuffle(x, y, 0, 8, 1, 9, 2, 10, 3, 11));
        };
        const auto high_pairs = [](v128_t x, v128_t y) TERNION_INLINE_LAMBDA {
            return Bytes(wasm_i16x8_shuffle(x, y, 4, 12, 5, 13, 6, 14, 7, 15));
        };
        return {low_pairs(low(a, b), low(c, d)), high_pairs(low(a, b), low(c, d)), low_pairs(high(a, b), high(c, d)),
                high_pairs(high(a, b), high(c, d))};
    }
    static TERNION_INLINE Bytes select(Bytes mask, Bytes a, Bytes b) noexcept {
        return Bytes(wasm_v128_bitselect(a, b, mask));
    }
    /// In a table of four registers; an index past the end of one of them gives zero.
    static constexpr bool composed_lookup64 = true;
    static TERNION_INLINE Bytes lookup64(const std::array<std::uint8_t, 64>& table, Bytes index) noexcept {
        v128_t place = wasm_v128_and(index, wasm_i8x16_const_splat(63));
        v128_t found = wasm_i8x16_swizzle(wasm_v128_load(table.data()), place);
        for (std::size_t i = 16; i < 64; i += 16) {
            place = wasm_i8x16_sub(place, wasm_i8x16_const_splat(16));
            found = wasm_v128_or(found, wasm_i8x16_swizzle(wasm_v128_load(table.data() + i), place));
        }
        return Bytes(found);
    }
    static TERNION_INLINE void store_low_bytes(std::int8_t* to, Wide r) noexcept {
        const v128_t words = wasm_i16x8_narrow_i32x4(r, r);
        wasm_v128_store32_lane(to, wasm_i8x16_narrow_i16x8(words, words), 0);
    }
};

template <std::derived_from<xsimd::wasm> Arch>
WasmSimd128<Arch> select_backend(Rank<1>, Arch);

}  // namespace TERNION_ABI
}  // namespace ternion
