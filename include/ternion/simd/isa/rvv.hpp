#pragma once

#include <riscv_vector.h>

#include <concepts>

#include "../generic.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// RISC-V's vectors 1.0 at a length that is known when compiling (-mrvv-vector-bits), 128 to 512 bits: vwmaccsu
/// multiplies activations by unsigned codes and adds the products to 16-bit lanes, one for each byte.
template <class Arch>
struct Rvv : Generic<Arch> {
    using Base = Generic<Arch>;
    using Base::bytes;
    using Base::lanes;
    using typename Base::Bytes;
    using typename Base::Wide;
    using Narrow = vint16m2_t __attribute__((riscv_rvv_vector_bits(2 * __riscv_v_fixed_vlen)));
    static constexpr std::string_view name = "rvv";
    static constexpr std::size_t registers = 16;  // of 32: an accumulator takes two

    static constexpr std::size_t fold_every(unsigned max_code) noexcept { return 32768 / (128 * max_code); }

    static TERNION_INLINE Narrow narrow_zero() noexcept { return __riscv_vmv_v_x_i16m2(0, bytes); }
    static TERNION_INLINE Narrow dot(Narrow sum, Bytes codes, Bytes activations) noexcept {
        const vint8m1_t a = __riscv_vreinterpret_v_u8m1_i8m1(vector(activations));
        return __riscv_vwmaccsu_vv_i16m2(sum, a, vector(codes), bytes);
    }
    template <int Shift>
    static TERNION_INLINE Wide fold(Wide wide, Narrow narrow) noexcept {
        // Two lanes and two again, each the lower and the upper part of a lane of twice the width.
        const vint32m2_t pairs = __riscv_vreinterpret_v_i16m2_i32m2(narrow);
        const vint32m2_t low = __riscv_vsra_vx_i32m2(__riscv_vsll_vx_i32m2(pairs, 16, 2 * lanes), 16, 2 * lanes);
        const vint32m2_t twos = __riscv_vadd_vv_i32m2(low, __riscv_vsra_vx_i32m2(pairs, 16, 2 * lanes), 2 * lanes);
        const vint64m2_t quads = __riscv_vreinterpret_v_i32m2_i64m2(twos);
        const vint32m1_t sum = __riscv_vadd_vv_i32m1(__riscv_vnsra_wx_i32m1(quads, 0, lanes),
                                                     __riscv_vnsra_wx_i32m1(quads, 32, lanes), lanes);
        return wide + Wide(__riscv_vsra_vx_i32m1(sum, Shift, lanes));
    }

    template <int Bits>
    static TERNION_INLINE Bytes shift_right(Bytes a) noexcept {
        return Bytes(__riscv_vsrl_vx_u8m1(vector(a), Bits, bytes));
    }
    static TERNION_INLINE Bytes lookup16(Bytes tables, Bytes index) noexcept {
        const vuint8m1_t part = __riscv_vand_vx_u8m1(__riscv_vid_v_u8m1(bytes), 0xf0, bytes);
        const vuint8m1_t place = __riscv_vor_vv_u8m1(vector(index), part, bytes);
        return Bytes(__riscv_vrgather_vv_u8m1(vector(tables), place, bytes));
    }
    /// In a table of as many registers as it takes; an index past the end of one of them gives zero.
    static constexpr bool composed_lookup64 = true;
    static TERNION_INLINE Bytes lookup64(const std::array<std::uint8_t, 64>& table, Bytes index) noexcept {
        vuint8m1_t place = __riscv_vand_vx_u8m1(vector(index), 63, bytes);
        vuint8m1_t found = __riscv_vrgather_vv_u8m1(__riscv_vle8_v_u8m1(table.data(), bytes), place, bytes);
        for (std::size_t i = bytes; i < 64; i += bytes) {
            place = __riscv_vsub_vx_u8m1(place, static_cast<std::uint8_t>(bytes), bytes);
            const vuint8m1_t part = __riscv_vle8_v_u8m1(table.data() + i, bytes);
            found = __riscv_vor_vv_u8m1(found, __riscv_vrgather_vv_u8m1(part, place, bytes), bytes);
        }
        return Bytes(found);
    }
    static TERNION_INLINE void store_low_bytes(std::int8_t* to, Wide r) noexcept {
        const vint32m1_t values = typename Wide::register_type(r);
        const vint16mf2_t words = __riscv_vncvt_x_x_w_i16mf2(values, lanes);
        __riscv_vse8_v_i8mf4(to, __riscv_vncvt_x_x_w_i8mf4(words, lanes), lanes);
    }

 private:
    /// xsimd wraps it twice.
    static TERNION_INLINE vuint8m1_t vector(Bytes r) noexcept { return typename Bytes::register_type(r); }
};

template <std::derived_from<xsimd::rvv> Arch>
Rvv<Arch> select_backend(Rank<1>, Arch);

}  // namespace TERNION_ABI
}  // namespace ternion
