#pragma once

#include <arm_neon.h>

#include <concepts>

#include "../generic.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// AArch64's NEON: smlal multiplies eight codes by eight activations and adds the products to 16-bit lanes.
///
/// Every operation is spelled out, although xsimd has most of them: xsimd 13 goes through tables of function pointers
/// here, and GCC 12 took 105 s for one packing's product on Generic<neon64> where AVX2's takes 4 s.
template <class Arch>
struct Neon : Generic<Arch> {
    using Base = Generic<Arch>;
    using typename Base::Bytes;
    using typename Base::Floats;
    using typename Base::Wide;
    /// The products of the lower and of the upper eight bytes, so that none of them is ever added to its neighbour in
    /// 16 bits.
    struct Narrow {
        int16x8_t low;
        int16x8_t high;
    };
    static constexpr std::string_view name = "neon";
    static constexpr std::size_t registers = 16;   // of 32: an accumulator takes two
    static constexpr unsigned largest_code = 127;  // smlal's factors are both signed

    static constexpr std::size_t fold_every(unsigned max_code) noexcept { return 32768 / (128 * max_code); }

    static TERNION_INLINE Bytes load(const void* from) noexcept {
        return Bytes(vld1q_u8(static_cast<const std::uint8_t*>(from)));
    }
    static TERNION_INLINE void store(void* to, Bytes r) noexcept { vst1q_u8(static_cast<std::uint8_t*>(to), r); }
    static TERNION_INLINE Bytes broadcast4(const std::int8_t* from) noexcept {
        std::uint32_t four;
        std::memcpy(&four, from, sizeof(four));
        return Bytes(vreinterpretq_u8_u32(vdupq_n_u32(four)));
    }
    static TERNION_INLINE Bytes splat(std::uint8_t value) noexcept { return Bytes(vdupq_n_u8(value)); }
    static TERNION_INLINE Bytes bit_and(Bytes a, Bytes b) noexcept { return Bytes(vandq_u8(a, b)); }
    template <int Bits>
    static TERNION_INLINE Bytes shift_right(Bytes a) noexcept {
        return Bytes(vshrq_n_u8(a, Bits));
    }
    static TERNION_INLINE std::array<Bytes, 4> interleave4(Bytes a, Bytes b, Bytes c, Bytes d) noexcept {
        const uint16x8_t ab_low = vreinterpretq_u16_u8(vzip1q_u8(a, b)),
                         ab_high = vreinterpretq_u16_u8(vzip2q_u8(a, b));
        const uint16x8_t cd_low = vreinterpretq_u16_u8(vzip1q_u8(c, d)),
                         cd_high = vreinterpretq_u16_u8(vzip2q_u8(c, d));
        const auto bytes_of = [](uint16x8_t r) TERNION_INLINE_LAMBDA { return Bytes(vreinterpretq_u8_u16(r)); };
        return {bytes_of(vzip1q_u16(ab_low, cd_low)), bytes_of(vzip2q_u16(ab_low, cd_low)),
                bytes_of(vzip1q_u16(ab_high, cd_high)), bytes_of(vzip2q_u16(ab_high, cd_high))};
    }
    static TERNION_INLINE Bytes select(Bytes mask, Bytes a, Bytes b) noexcept { return Bytes(vbslq_u8(mask, a, b)); }
    static TERNION_INLINE Bytes add(Bytes a, Bytes b) noexcept { return Bytes(vaddq_u8(a, b)); }

    static TERNION_INLINE Bytes broadcast16(const void* from) noexcept { return load(from); }
    static TERNION_INLINE Bytes lookup16(Bytes tables, Bytes index) noexcept {
        return Bytes(vqtbl1q_u8(tables, index));
    }
    using Mask = Bytes;
    static TERNION_INLINE Mask load_mask(const void* from) noexcept {
        std::uint8_t bits[2];
        std::memcpy(bits, from, sizeof(bits));
        const uint8x8_t bit = vcreate_u8(0x8040201008040201u);
        return test_bit(Bytes(vcombine_u8(vdup_n_u8(bits[0]), vdup_n_u8(bits[1]))), Bytes(vcombine_u8(bit, bit)));
    }
    static TERNION_INLINE Mask test_bit(Bytes a, Bytes bit) noexcept { return Mask(vtstq_u8(a, bit)); }
    static TERNION_INLINE Bytes add_where(Mask mask, Bytes a, Bytes b) noexcept {
        return Bytes(vaddq_u8(a, vandq_u8(mask, b)));
    }
    static TERNION_INLINE Bytes flip_where(Mask mask, Bytes a, Bytes bits) noexcept {
        return Bytes(veorq_u8(a, vandq_u8(mask, bits)));
    }
    using Words = uint16x8_t;
    static TERNION_INLINE Words words_zero() noexcept { return vdupq_n_u16(0); }
    static TERNION_INLINE Words add_even(Words sums, Bytes r) noexcept {
        return vaddq_u16(sums, vandq_u16(vreinterpretq_u16_u8(r), vdupq_n_u16(0xff)));
    }
    static TERNION_INLINE Words add_odd(Words sums, Bytes r) noexcept {
        return vsraq_n_u16(sums, vreinterpretq_u16_u8(r), 8);
    }
    static TERNION_INLINE void store_words(std::uint16_t* to, Words r) noexcept { vst1q_u16(to, r); }
    static TERNION_INLINE Wide add_bytes(Wide a, Bytes r) noexcept {
        return Wide(vaddq_s32(a, vreinterpretq_s32_u32(vpaddlq_u16(vpaddlq_u8(r)))));
    }

    /// tbl gives zero for an index past its table's end.
    static TERNION_INLINE Bytes lookup64(const std::array<std::uint8_t, 64>& table, Bytes index) noexcept {
        return Bytes(vqtbl4q_u8(vld1q_u8_x4(table.data()), vandq_u8(index, vdupq_n_u8(63))));
    }

    static TERNION_INLINE Narrow narrow_zero() noexcept { return {vdupq_n_s16(0), vdupq_n_s16(0)}; }
    static TERNION_INLINE Narrow dot(Narrow sum, Bytes codes, Bytes activations) noexcept {
        const int8x16_t c = vreinterpretq_s8_u8(codes);
        const int8x16_t a = vreinterpretq_s8_u8(activations);
        return {vmlal_s8(sum.low, vget_low_s8(c), vget_low_s8(a)), vmlal_high_s8(sum.high, c, a)};
    }
    template <int Shift>
    static TERNION_INLINE Wide fold(Wide wide, Narrow narrow) noexcept {
        const int32x4_t sum = vpaddq_s32(vpaddlq_s16(narrow.low), vpaddlq_s16(narrow.high));
        return Wide(vaddq_s32(wide, shifted<Shift>(sum)));
    }

    static TERNION_INLINE Wide wide_zero() noexcept { return Wide(vdupq_n_s32(0)); }
    static TERNION_INLINE Wide load_wide(const std::int32_t* from) noexcept { return Wide(vld1q_s32(from)); }
    static TERNION_INLINE void store_wide(std::int32_t* to, Wide r) noexcept { vst1q_s32(to, r); }
    static TERNION_INLINE Wide add_wide(Wide a, Wide b) noexcept { return Wide(vaddq_s32(a, b)); }
    static TERNION_INLINE std::uint32_t sum(Wide r) noexcept { return vaddvq_u32(vreinterpretq_u32_s32(r)); }

    static TERNION_INLINE Floats load_floats(const float* from) noexcept { return Floats(vld1q_f32(from)); }
    static TERNION_INLINE void store_floats(float* to, Floats r) noexcept { vst1q_f32(to, r); }
    static TERNION_INLINE Floats splat_float(float value) noexcept { return Floats(vdupq_n_f32(value)); }
    static TERNION_INLINE Floats multiply(Floats a, Floats b) noexcept { return Floats(vmulq_f32(a, b)); }
    static TERNION_INLINE Floats add_floats(Floats a, Floats b) noexcept { return Floats(vaddq_f32(a, b)); }
    static TERNION_INLINE Floats to_floats(Wide r) noexcept { return Floats(vcvtq_f32_s32(r)); }
    static TERNION_INLINE Wide max_magnitude(Wide peak, Floats x) noexcept {
        const int32x4_t magnitude = vandq_s32(vreinterpretq_s32_f32(x), vdupq_n_s32(0x7fffffff));
        return Wide(vmaxq_s32(peak, magnitude));
    }
    static TERNION_INLINE std::uint32_t reduce_max(Wide r) noexcept {
        return static_cast<std::uint32_t>(vmaxvq_s32(r));
    }
    static TERNION_INLINE Wide round_to_int(Floats x) noexcept { return Wide(vcvtnq_s32_f32(x)); }
    static TERNION_INLINE Wide clamp(Wide r, std::int32_t low, std::int32_t high) noexcept {
        return Wide(vminq_s32(vmaxq_s32(r, vdupq_n_s32(low)), vdupq_n_s32(high)));
    }
    static TERNION_INLINE void store_low_bytes(std::int8_t* to, Wide r) noexcept {
        const int16x4_t words = vmovn_s32(r);
        const int8x8_t packed = vmovn_s16(vcombine_s16(words, words));
        const std::int32_t four = vget_lane_s32(vreinterpret_s32_s8(packed), 0);
        std::memcpy(to, &four, sizeof(four));
    }

    using Base::narrow;
    using Base::widen;
    static constexpr bool fast_halves = true;
    static TERNION_INLINE Floats widen(const Float16* from) noexcept {
        return Floats(vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(reinterpret_cast<const std::uint16_t*>(from)))));
    }
    static TERNION_INLINE void narrow(Float16* to, Floats x) noexcept {
        vst1_u16(reinterpret_cast<std::uint16_t*>(to), vreinterpret_u16_f16(vcvt_f16_f32(x)));
    }

 protected:
    template <int Shift>
    static TERNION_INLINE int32x4_t shifted(int32x4_t r) noexcept {
        if constexpr (Shift == 0) {
            return r;
        } else {
            return vshrq_n_s32(r, Shift);
        }
    }
};

/// xsimd's arch of 32-bit NEON is among those of AArch64, too.
template <std::derived_from<xsimd::neon> Arch>
Neon<xsimd::neon64> select_backend(Rank<1>, Arch);

}  // namespace TERNION_ABI
}  // namespace ternion
