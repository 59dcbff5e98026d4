#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <xsimd/xsimd.hpp>

#include "../core/config.hpp"
#include "../core/float16.hpp"
#include "rank.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// The backend for any arch of xsimd, on xsimd's operations alone, and the base of those in isa/, which replace what
/// their machine does better. ScalarBackend (scalar.hpp) says what each function means.
///
/// xsimd has no dot product of bytes, so `dot` splits bytes into the even and the odd ones as 16-bit integers.
template <class Arch>
struct Generic {
    static constexpr std::string_view name = "generic";
    template <class T>
    using Batch = xsimd::batch<T, Arch>;

    using Bytes = Batch<std::uint8_t>;
    using Narrow = Batch<std::int16_t>;
    using Wide = Batch<std::int32_t>;
    using Floats = Batch<float>;

    static constexpr std::size_t bytes = Bytes::size;
    static constexpr std::size_t lanes = bytes / 4;
    static constexpr std::size_t registers = 16;  // vector registers that a kernel may count on
    static constexpr bool wide_dot = false;
    static constexpr unsigned largest_code = 255;

    /// A lane takes two products of at most 128 · max_code a call; 64 calls with codes 0..2 reach -32768 exactly.
    static constexpr std::size_t fold_every(unsigned max_code) noexcept { return 32768 / (2 * 128 * max_code); }

    static TERNION_INLINE Bytes load(const void* from) noexcept {
        return Bytes::load_unaligned(static_cast<const std::uint8_t*>(from));
    }
    static TERNION_INLINE void store(void* to, Bytes r) noexcept { r.store_unaligned(static_cast<std::uint8_t*>(to)); }
    /// The lower and the upper half of a register, to different places.
    static TERNION_INLINE void store_halves(void* low, void* high, Bytes r) noexcept {
        std::array<std::uint8_t, bytes> whole;
        r.store_unaligned(whole.data());
        std::memcpy(low, whole.data(), bytes / 2);
        std::memcpy(high, whole.data() + bytes / 2, bytes / 2);
    }
    static TERNION_INLINE Bytes broadcast4(const std::int8_t* from) noexcept {
        std::int32_t four;
        std::memcpy(&four, from, sizeof(four));
        return xsimd::bitwise_cast<std::uint8_t>(Wide(four));
    }
    static TERNION_INLINE Bytes splat(std::uint8_t value) noexcept { return Bytes(value); }
    static TERNION_INLINE Bytes bit_and(Bytes a, Bytes b) noexcept { return a & b; }
    template <int Bits>
    static TERNION_INLINE Bytes shift_right(Bytes a) noexcept {
        return xsimd::bitwise_cast<std::uint8_t>(xsimd::bitwise_cast<std::uint16_t>(a) >> Bits);
    }
    /// Bits of a where the mask is one, of b where it is zero.
    static TERNION_INLINE Bytes select(Bytes mask, Bytes a, Bytes b) noexcept { return b ^ ((a ^ b) & mask); }
    static TERNION_INLINE Bytes add(Bytes a, Bytes b) noexcept { return a + b; }

    static TERNION_INLINE Narrow narrow_zero() noexcept { return Narrow(std::int16_t{0}); }
    static TERNION_INLINE Narrow dot(Narrow sum, Bytes codes, Bytes activations) noexcept {
        const auto c = xsimd::bitwise_cast<std::uint16_t>(codes);
        const auto a = xsimd::bitwise_cast<std::int16_t>(activations);
        const auto c_even = xsimd::bitwise_cast<std::int16_t>(c & Batch<std::uint16_t>(std::uint16_t{0xff}));
        const auto c_odd = xsimd::bitwise_cast<std::int16_t>(c >> 8);
        return sum + (c_even * ((a << 8) >> 8) + c_odd * (a >> 8));
    }
    template <int Shift>
    static TERNION_INLINE Wide fold(Wide wide, Narrow narrow) noexcept {
        const auto pairs = xsimd::bitwise_cast<std::int32_t>(narrow);
        const auto sum = ((pairs << 16) >> 16) + (pairs >> 16);
        if constexpr (Shift == 0) {
            return wide + sum;
        } else {
            return wide + (sum >> Shift);
        }
    }

    static TERNION_INLINE Wide wide_zero() noexcept { return Wide(std::int32_t{0}); }
    static TERNION_INLINE Wide load_wide(const std::int32_t* from) noexcept { return Wide::load_unaligned(from); }
    static TERNION_INLINE void store_wide(std::int32_t* to, Wide r) noexcept { r.store_unaligned(to); }
    static TERNION_INLINE Wide add_wide(Wide a, Wide b) noexcept { return a + b; }
    static TERNION_INLINE std::uint32_t sum(Wide r) noexcept {
        return static_cast<std::uint32_t>(xsimd::reduce_add(r));
    }

    static TERNION_INLINE Floats load_floats(const float* from) noexcept { return Floats::load_unaligned(from); }
    static TERNION_INLINE void store_floats(float* to, Floats r) noexcept { r.store_unaligned(to); }
    static TERNION_INLINE Floats splat_float(float value) noexcept { return Floats(value); }
    static TERNION_INLINE Floats multiply(Floats a, Floats b) noexcept { return a * b; }
    static TERNION_INLINE Floats add_floats(Floats a, Floats b) noexcept { return a + b; }
    static TERNION_INLINE Floats to_floats(Wide r) noexcept { return xsimd::to_float(r); }
    static TERNION_INLINE Wide max_magnitude(Wide peak, Floats x) noexcept {
        return xsimd::max(peak, xsimd::bitwise_cast<std::int32_t>(x) & Wide(std::int32_t{0x7fffffff}));
    }
    static TERNION_INLINE std::uint32_t max(Wide r) noexcept {
        std::int32_t top = 0;
        for (const auto lane : lanes_of(r))
            top = lane > top ? lane : top;
        return static_cast<std::uint32_t>(top);
    }
    static TERNION_INLINE Wide round(Floats x) noexcept { return xsimd::nearbyint_as_int(x); }
    static TERNION_INLINE void store_low_bytes(std::int8_t* to, Wide r) noexcept {
        const auto values = lanes_of(r);
        for (std::size_t i = 0; i < lanes; ++i)
            to[i] = static_cast<std::int8_t>(values[i]);
    }

    template <class Half>
    static TERNION_INLINE Floats widen(const Half* from) noexcept {
        std::array<float, lanes> values;
        for (std::size_t i = 0; i < lanes; ++i)
            values[i] = static_cast<float>(from[i]);
        return load_floats(values.data());
    }
    template <class Half>
    static TERNION_INLINE void narrow(Half* to, Floats x) noexcept {
        std::array<float, lanes> values;
        store_floats(values.data(), x);
        for (std::size_t i = 0; i < lanes; ++i)
            to[i] = Half(values[i]);
    }

    /// A hint that this cache line will be read soon; it may lie past the end of the array.
    static TERNION_INLINE void prefetch([[maybe_unused]] const void* line) noexcept {
#if defined(__GNUC__)
        __builtin_prefetch(line);
#endif
    }

 private:
    static TERNION_INLINE std::array<std::int32_t, lanes> lanes_of(Wide r) noexcept {
        std::array<std::int32_t, lanes> values;
        r.store_unaligned(values.data());
        return values;
    }
};

/// Serves every arch, at the lowest rank.
template <class Arch>
Generic<Arch> select_backend(Rank<0>, Arch);

}  // namespace TERNION_ABI
}  // namespace ternion
