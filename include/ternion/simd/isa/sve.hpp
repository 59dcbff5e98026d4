#pragma once

#include <arm_sve.h>

#include <concepts>

#include "../generic.hpp"
#include "neon.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// AArch64's SVE at a length that is known when compiling (-msve-vector-bits), 128 to 512 bits: sdot adds four products
/// to each int32 lane, and usdot, where the compiler may use int8 matrix instructions, takes codes of the whole byte.
template <class Arch>
struct Sve : Generic<Arch> {
    using Base = Generic<Arch>;
    using Base::bytes;
    using typename Base::Bytes;
    using typename Base::Floats;
    using typename Base::Wide;
    using Narrow = Wide;
    static constexpr std::size_t registers = 32;
    static constexpr bool wide_dot = true;
#if defined(__ARM_FEATURE_SVE_MATMUL_INT8)
    static constexpr std::string_view name = "sve_i8mm";
    static constexpr unsigned largest_code = 255;
#else
    static constexpr std::string_view name = "sve";
    static constexpr unsigned largest_code = 127;
#endif

    static constexpr std::size_t fold_every(unsigned max_code) noexcept {
        return (std::size_t{1} << 31) / (std::size_t{4} * 128 * max_code);
    }
    static TERNION_INLINE Narrow narrow_zero() noexcept { return Base::wide_zero(); }
    static TERNION_INLINE Narrow dot(Narrow sum, Bytes codes, Bytes activations) noexcept {
#if defined(__ARM_FEATURE_SVE_MATMUL_INT8)
        return Narrow(svusdot_s32(sum, codes, svreinterpret_s8_u8(activations)));
#else
        return Narrow(svdot_s32(sum, svreinterpret_s8_u8(codes), svreinterpret_s8_u8(activations)));
#endif
    }
    template <int Shift>
    static TERNION_INLINE Wide fold(Wide wide, Narrow narrow) noexcept {
        if constexpr (Shift == 0) {
            return wide + narrow;
        } else {
            return wide + Wide(svasr_n_s32_x(svptrue_b32(), narrow, Shift));
        }
    }

    template <int Bits>
    static TERNION_INLINE Bytes shift_right(Bytes a) noexcept {
        return Bytes(svlsr_n_u8_x(svptrue_b8(), a, Bits));
    }
    static TERNION_INLINE void store_halves(void* low, void* high, Bytes r) noexcept {
        const svbool_t half = svwhilelt_b8_u32(0, bytes / 2);
        svst1_u8(half, static_cast<std::uint8_t*>(low), r);
        svst1_u8(half, static_cast<std::uint8_t*>(high), svext_u8(r, r, bytes / 2));
    }
    static TERNION_INLINE Bytes broadcast16(const void* from) noexcept {
        return Bytes(svld1rq_u8(svptrue_b8(), static_cast<const std::uint8_t*>(from)));
    }
    static TERNION_INLINE Bytes lookup16(Bytes tables, Bytes index) noexcept {
        const svbool_t all = svptrue_b8();
        const svuint8_t part = svand_n_u8_x(all, svindex_u8(0, 1), 0xf0);
        return Bytes(svtbl_u8(tables, svorr_u8_x(all, index, part)));
    }
    /// In a table of as many registers as it takes; an index past the end of one of them gives zero.
    static TERNION_INLINE Bytes lookup64(const std::array<std::uint8_t, 64>& table, Bytes index) noexcept {
        const svbool_t all = svptrue_b8();
        svuint8_t place = svand_n_u8_x(all, index, 63);
        svuint8_t found = svtbl_u8(svld1_u8(all, table.data()), place);
        for (std::size_t i = bytes; i < 64; i += bytes) {
            place = svsub_n_u8_x(all, place, static_cast<std::uint8_t>(bytes));
            found = svorr_u8_x(all, found, svtbl_u8(svld1_u8(all, table.data() + i), place));
        }
        return Bytes(found);
    }

    static TERNION_INLINE std::uint32_t reduce_max(Wide r) noexcept {
        return static_cast<std::uint32_t>(svmaxv_s32(svptrue_b32(), r));
    }
    static TERNION_INLINE Wide round_to_int(Floats x) noexcept {
        const svbool_t all = svptrue_b32();
        return Wide(svcvt_s32_f32_x(all, svrintn_f32_x(all, x)));
    }
    static TERNION_INLINE void store_low_bytes(std::int8_t* to, Wide r) noexcept { svst1b_s32(svptrue_b32(), to, r); }

    using Base::narrow;
    using Base::widen;
    static TERNION_INLINE Floats widen(const Float16* from) noexcept {
        const svbool_t all = svptrue_b32();
        const svuint32_t halves = svld1uh_u32(all, reinterpret_cast<const std::uint16_t*>(from));
        return Floats(svcvt_f32_f16_x(all, svreinterpret_f16_u32(halves)));
    }
    static TERNION_INLINE void narrow(Float16* to, Floats x) noexcept {
        const svbool_t all = svptrue_b32();
        svst1h_u32(all, reinterpret_cast<std::uint16_t*>(to), svreinterpret_u32_f16(svcvt_f16_f32_x(all, x)));
    }
};

#if __ARM_FEATURE_SVE_BITS <= 512
template <std::derived_from<xsimd::sve> Arch>
Sve<Arch> select_backend(Rank<4>, Arch);
#else
// The row-interleaved packings have chunks of 512 bits, which no longer register can read.
template <std::derived_from<xsimd::sve> Arch>
Neon<xsimd::neon64> select_backend(Rank<4>, Arch);
#endif

}  // namespace TERNION_ABI
}  // namespace ternion
