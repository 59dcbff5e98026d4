#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <xsimd/xsimd.hpp>

#include "../core/config.hpp"
#include "../core/float16.hpp"
#include "backend.hpp"

namespace ternion {

namespace detail {

/// Eight bytes, each 255 or 0, for eight bits, the lowest first.
inline constexpr std::array<std::uint64_t, 256> bytes_of_bits = [] {
    std::array<std::uint64_t, 256> table{};
    for (std::size_t bits = 0; bits < 256; ++bits) {
        for (std::size_t i = 0; i < 8; ++i)
            if ((bits >> i & 1) != 0) table[bits] |= std::uint64_t{255} << 8 * i;
    }
    return table;
}();

}  // namespace detail

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
    static constexpr bool fast_masks = false;
    static constexpr bool fast_halves = false;

    /// A lane takes two products of at most 128 · max_code a call; 64 calls with codes 0..2 reach -32768 exactly.
    static constexpr std::size_t fold_every(unsigned max_code) noexcept { return 32768 / (2 * 128 * max_code); }

    static TERNION_INLINE Bytes load(const void* from) noexcept {
        return Bytes::load_unaligned(static_cast<const std::uint8_t*>(from));
    }
    /// As load, for what is used several times: a compiler may read it again each time, where loads are scarce.
    static TERNION_INLINE Bytes load_once(const void* from) noexcept { return load(from); }
    static TERNION_INLINE Bytes load_parts(const void* from, std::size_t stride) noexcept {
        if constexpr (bytes == 16) return load(from);
        std::array<std::uint8_t, bytes> whole;
        for (std::size_t part = 0; part < bytes / 16; ++part)
            std::memcpy(whole.data() + 16 * part, static_cast<const std::byte*>(from) + stride * part, 16);
        return load(whole.data());
    }
    static TERNION_INLINE void store(void* to, Bytes r) noexcept { r.store_unaligned(static_cast<std::uint8_t*>(to)); }
    /// The lower and the upper half of a register, to different places.
    static TERNION_INLINE void store_halves(void* low, void* high, Bytes r) noexcept {
        std::array<std::uint8_t, bytes> whole;
        r.store_unaligned(whole.data());
        std::memcpy(low, whole.data(), bytes / 2);
        std::memcpy(high, whole.data() + bytes / 2, bytes / 2);
    }
    static TERNION_INLINE void transpose4(const void* from, std::size_t ld, void* to, std::size_t ldt) noexcept {
        for (std::size_t i = 0; i < 4; ++i) {
            for (std::size_t j = 0; j < 4; ++j) {
                std::memcpy(static_cast<std::byte*>(to) + i * ldt + 4 * j,
                            static_cast<const std::byte*>(from) + j * ld + 4 * i, 4);
            }
        }
    }
    static TERNION_INLINE std::array<Bytes, 4> interleave4(Bytes a, Bytes b, Bytes c, Bytes d) noexcept {
        std::array<std::uint8_t, bytes> in[4], out[4];
        a.store_unaligned(in[0].data());
        b.store_unaligned(in[1].data());
        c.store_unaligned(in[2].data());
        d.store_unaligned(in[3].data());
        for (std::size_t i = 0; i < bytes; ++i)
            for (std::size_t j = 0; j < 4; ++j)
                out[i % 16 / 4][i / 16 * 16 + i % 4 * 4 + j] = in[j][i];
        return {load(out[0].data()), load(out[1].data()), load(out[2].data()), load(out[3].data())};
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
    static TERNION_INLINE Bytes thirds(Bytes a) noexcept {
        const Bytes value = a + splat(128);
        const auto below = [&](std::uint8_t bound) TERNION_INLINE_LAMBDA {
            return xsimd::select(value < splat(bound), splat(255), splat(0));
        };
        return splat(2) + below(86) + below(171);
    }

    static TERNION_INLINE Bytes broadcast16(const void* from) noexcept {
        std::array<std::uint8_t, bytes> whole;
        for (std::size_t i = 0; i < bytes; i += 16)
            std::memcpy(whole.data() + i, from, 16);
        return load(whole.data());
    }
    static TERNION_INLINE Bytes lookup16(Bytes tables, Bytes index) noexcept {
        if constexpr (bytes == 16) {
            return xsimd::swizzle(tables, index);
        } else {
            std::array<std::uint8_t, bytes> table, result;
            store(table.data(), tables);
            store(result.data(), index);
            for (std::size_t i = 0; i < bytes; ++i)
                result[i] = table[i / 16 * 16 + result[i] % 16];
            return load(result.data());
        }
    }

    using Mask = Bytes;  // 255 or 0
    static TERNION_INLINE Mask load_mask(const void* from) noexcept {
        std::array<std::uint8_t, bytes / 8> bits;
        std::memcpy(bits.data(), from, sizeof(bits));
        std::array<std::uint64_t, bytes / 8> eights;
        for (std::size_t i = 0; i < eights.size(); ++i)
            eights[i] = detail::bytes_of_bits[bits[i]];
        return load(eights.data());
    }
    static TERNION_INLINE Mask test_bit(Bytes a, Bytes bit) noexcept {
        return xsimd::select((a & bit) == bit, splat(255), splat(0));
    }
    static TERNION_INLINE Bytes add_where(Mask mask, Bytes a, Bytes b) noexcept { return a + (mask & b); }
    static TERNION_INLINE Bytes flip_where(Mask mask, Bytes a, Bytes bits) noexcept { return a ^ (mask & bits); }

    using Words = Batch<std::uint16_t>;
    static TERNION_INLINE Words words_zero() noexcept { return Words(std::uint16_t{0}); }
    static TERNION_INLINE Words add_even(Words sums, Bytes r) noexcept {
        return sums + (xsimd::bitwise_cast<std::uint16_t>(r) & Words(std::uint16_t{0xff}));
    }
    static TERNION_INLINE Words add_odd(Words sums, Bytes r) noexcept {
        return sums + (xsimd::bitwise_cast<std::uint16_t>(r) >> 8);
    }
    static TERNION_INLINE void store_words(std::uint16_t* to, Words r) noexcept { r.store_unaligned(to); }

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
    static TERNION_INLINE Wide add_bytes(Wide a, Bytes r) noexcept {
        const auto pairs = xsimd::bitwise_cast<std::int32_t>(add_odd(add_even(words_zero(), r), r));
        return a + (pairs & Wide(0xffff)) + (pairs >> 16);
    }
    static TERNION_INLINE std::uint32_t sum(Wide r) noexcept {
        return static_cast<std::uint32_t>(xsimd::reduce_add(r));
    }
    static TERNION_INLINE std::array<std::uint32_t, 4> sum4(Wide a, Wide b, Wide c, Wide d) noexcept {
        return {sum(a), sum(b), sum(c), sum(d)};
    }

    static TERNION_INLINE Floats load_floats(const float* from) noexcept { return Floats::load_unaligned(from); }
    static TERNION_INLINE void store_floats(float* to, Floats r) noexcept { r.store_unaligned(to); }
    static TERNION_INLINE Floats splat_float(float value) noexcept { return Floats(value); }
    static TERNION_INLINE Floats multiply(Floats a, Floats b) noexcept { return a * b; }
    static TERNION_INLINE Floats add_floats(Floats a, Floats b) noexcept { return a + b; }
    static TERNION_INLINE Floats to_floats(Wide r) noexcept { return xsimd::to_float(r); }
    static TERNION_INLINE Wide max_magnitude(Wide peak, Floats x) noexcept {
        return (xsimd::max)(peak, xsimd::bitwise_cast<std::int32_t>(x) & Wide(std::int32_t{0x7fffffff}));
    }
    static TERNION_INLINE std::uint32_t reduce_max(Wide r) noexcept {
        std::int32_t top = 0;
        for (const auto lane : lanes_of(r))
            top = lane > top ? lane : top;
        return static_cast<std::uint32_t>(top);
    }
    static TERNION_INLINE Wide round_to_int(Floats x) noexcept { return xsimd::nearbyint_as_int(x); }
    static TERNION_INLINE Wide clamp(Wide r, std::int32_t low, std::int32_t high) noexcept {
        return (xsimd::min)((xsimd::max)(r, Wide(low)), Wide(high));
    }
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
