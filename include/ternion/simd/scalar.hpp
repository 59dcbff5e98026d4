#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "../core/bit_cast.hpp"
#include "../core/config.hpp"
#include "../core/float16.hpp"
#include "backend.hpp"

namespace ternion {

/// The arch tag of a machine, or a build, without SIMD; it needs no xsimd.
struct Scalar {
    static constexpr const char* name() noexcept { return "scalar"; }
};

inline namespace TERNION_ABI {

/// The backend in plain C++, and the shortest statement of what every backend means. A register holds `bytes` bytes:
/// codes 0..255 or activations -128..127. `dot` multiplies them and adds each group of four neighbours to one int32
/// lane.
///
/// An accumulator comes in two widths, because some machines only add in 16 bits: `dot` adds to a `Narrow`, which must
/// be folded into a `Wide` after `fold_every(c)` calls with codes of at most c, before it can wrap. Where the machine
/// adds in 32 bits the two are the same, and the bound is far away.
struct ScalarBackend {
    static constexpr std::string_view name = "scalar";
    static constexpr std::size_t bytes = 16;
    static constexpr std::size_t lanes = bytes / 4;
    static constexpr std::size_t registers = 16;
    static constexpr bool wide_dot = true;         // whether Narrow adds in 32 bits
    static constexpr unsigned largest_code = 255;  // that dot takes; 127 where both of its factors are signed
    static constexpr bool fast_masks = false;      // whether bits become masks in a few instructions
    static constexpr bool fast_halves = false;     // whether float16 become floats in one

    using Bytes = std::array<std::uint8_t, bytes>;
    using Wide = std::array<std::uint32_t, lanes>;  // unsigned: sums are exact modulo 2^32
    using Narrow = Wide;
    using Floats = std::array<float, lanes>;

    static constexpr std::size_t fold_every(unsigned max_code) noexcept {
        return (std::size_t{1} << 31) / (std::size_t{4} * 128 * max_code);
    }

    static Bytes load(const void* from) noexcept {
        Bytes r;
        std::memcpy(r.data(), from, bytes);
        return r;
    }
    static Bytes load_once(const void* from) noexcept { return load(from); }
    /// Each part of 16 bytes from a place of its own, `stride` bytes after the one before.
    static Bytes load_parts(const void* from, std::size_t) noexcept { return load(from); }
    static void store(void* to, const Bytes& r) noexcept { std::memcpy(to, r.data(), bytes); }

    /// The lower and the upper half of a register, to different places.
    static void store_halves(void* low, void* high, const Bytes& r) noexcept {
        std::memcpy(low, r.data(), bytes / 2);
        std::memcpy(high, r.data() + bytes / 2, bytes / 2);
    }

    /// Transposes four by four words of 4 bytes: word i at from + j * ld goes to word j at to + i * ldt.
    static void transpose4(const void* from, std::size_t ld, void* to, std::size_t ldt) noexcept {
        for (std::size_t i = 0; i < 4; ++i) {
            for (std::size_t j = 0; j < 4; ++j) {
                std::memcpy(static_cast<std::byte*>(to) + i * ldt + 4 * j,
                            static_cast<const std::byte*>(from) + j * ld + 4 * i, 4);
            }
        }
    }

    /// Byte 16p + 4l + j of register i is byte 16p + 4i + l of input j: in each part of 16 bytes four neighbours of
    /// four inputs, those of a place side by side.
    static std::array<Bytes, 4> interleave4(const Bytes& a, const Bytes& b, const Bytes& c, const Bytes& d) noexcept {
        std::array<Bytes, 4> r;
        for (std::size_t i = 0; i < bytes; ++i) {
            std::uint8_t* to = r[i / 4].data() + i % 4 * 4;
            to[0] = a[i];
            to[1] = b[i];
            to[2] = c[i];
            to[3] = d[i];
        }
        return r;
    }

    /// Four activations, in every lane.
    static Bytes broadcast4(const std::int8_t* from) noexcept {
        Bytes r;
        for (std::size_t i = 0; i < bytes; i += 4)
            std::memcpy(r.data() + i, from, 4);
        return r;
    }
    static Bytes splat(std::uint8_t value) noexcept {
        Bytes r;
        r.fill(value);
        return r;
    }
    static Bytes bit_and(Bytes a, const Bytes& b) noexcept {
        for (std::size_t i = 0; i < bytes; ++i)
            a[i] = static_cast<std::uint8_t>(a[i] & b[i]);
        return a;
    }
    /// Each byte shifted right; the bits that come in from above are unspecified and must be masked.
    /// Bits of a where the mask is one, of b where it is zero.
    static Bytes select(const Bytes& mask, const Bytes& a, Bytes b) noexcept {
        for (std::size_t i = 0; i < bytes; ++i)
            b[i] = static_cast<std::uint8_t>((a[i] & mask[i]) | (b[i] & ~mask[i]));
        return b;
    }
    template <int Bits>
    static Bytes shift_right(Bytes a) noexcept {
        for (auto& byte : a)
            byte = static_cast<std::uint8_t>(byte >> Bits);
        return a;
    }
    static Bytes add(Bytes a, const Bytes& b) noexcept {
        for (std::size_t i = 0; i < bytes; ++i)
            a[i] = static_cast<std::uint8_t>(a[i] + b[i]);
        return a;
    }

    /// Which third of 0..255 each byte less 128 (modulo 256) lies in: 0, 1 or 2.
    static Bytes thirds(Bytes a) noexcept {
        for (auto& byte : a)
            byte = static_cast<std::uint8_t>((byte ^ 128) * 3 >> 8);
        return a;
    }

    /// The same 16 bytes in every part of 16 bytes.
    static Bytes broadcast16(const void* from) noexcept { return load(from); }
    /// Byte i of the result is byte index[i], 0 to 15, of the part of 16 bytes of `tables` that i lies in.
    static Bytes lookup16(const Bytes& tables, Bytes index) noexcept {
        for (auto& byte : index)
            byte = tables[byte];
        return index;
    }

    /// One bit a byte; bit i of the memory, from the lowest of the first byte on, belongs to byte i.
    using Mask = std::uint16_t;
    static Mask load_mask(const void* from) noexcept {
        Mask mask;
        std::memcpy(&mask, from, sizeof(mask));
        return mask;
    }
    /// Where a byte of a has the one bit that is set in the byte of `bit`.
    static Mask test_bit(const Bytes& a, const Bytes& bit) noexcept {
        unsigned mask = 0;
        for (std::size_t i = 0; i < bytes; ++i)
            mask |= ((a[i] & bit[i]) != 0 ? 1u : 0u) << i;
        return static_cast<Mask>(mask);
    }
    /// a + b where the mask is one, a elsewhere.
    static Bytes add_where(Mask mask, Bytes a, const Bytes& b) noexcept {
        for (std::size_t i = 0; i < bytes; ++i)
            a[i] = static_cast<std::uint8_t>(a[i] + ((mask >> i & 1) != 0 ? b[i] : 0));
        return a;
    }
    /// bits - a, which is a ^ bits, where the mask is one, a elsewhere; a has no other bits than those of `bits`.
    static Bytes flip_where(Mask mask, Bytes a, const Bytes& bits) noexcept {
        for (std::size_t i = 0; i < bytes; ++i)
            a[i] = static_cast<std::uint8_t>(a[i] ^ ((mask >> i & 1) != 0 ? bits[i] : 0));
        return a;
    }

    /// Unsigned 16-bit lanes, half as many as bytes: add_even adds bytes 0, 2, 4 ..., add_odd bytes 1, 3, 5 ...
    using Words = std::array<std::uint16_t, bytes / 2>;
    static Words words_zero() noexcept { return {}; }
    static Words add_even(Words sums, const Bytes& r) noexcept {
        for (std::size_t i = 0; i < bytes / 2; ++i)
            sums[i] = static_cast<std::uint16_t>(sums[i] + r[2 * i]);
        return sums;
    }
    static Words add_odd(Words sums, const Bytes& r) noexcept {
        for (std::size_t i = 0; i < bytes / 2; ++i)
            sums[i] = static_cast<std::uint16_t>(sums[i] + r[2 * i + 1]);
        return sums;
    }
    static void store_words(std::uint16_t* to, const Words& r) noexcept { std::memcpy(to, r.data(), bytes); }

    static Narrow narrow_zero() noexcept { return {}; }
    static Narrow dot(Narrow sum, const Bytes& codes, const Bytes& activations) noexcept {
        for (std::size_t i = 0; i < bytes; ++i) {
            const int product = codes[i] * static_cast<std::int8_t>(activations[i]);
            sum[i / 4] += static_cast<std::uint32_t>(product);
        }
        return sum;
    }
    /// wide + (narrow >> Shift): the shift undoes codes that were left in place at a higher bit of their byte.
    template <int Shift>
    static Wide fold(Wide wide, const Narrow& narrow) noexcept {
        for (std::size_t i = 0; i < lanes; ++i) {
            wide[i] += static_cast<std::uint32_t>(static_cast<std::int32_t>(narrow[i]) >> Shift);
        }
        return wide;
    }

    static Wide wide_zero() noexcept { return {}; }
    static Wide load_wide(const std::int32_t* from) noexcept {
        Wide r;
        std::memcpy(r.data(), from, bytes);
        return r;
    }
    static void store_wide(std::int32_t* to, const Wide& r) noexcept { std::memcpy(to, r.data(), bytes); }
    static Wide add_wide(Wide a, const Wide& b) noexcept {
        for (std::size_t i = 0; i < lanes; ++i)
            a[i] += b[i];
        return a;
    }
    /// Adds each byte, 0 to 255, to some lane: only the sum of all lanes says something.
    static Wide add_bytes(Wide a, const Bytes& r) noexcept {
        for (std::size_t i = 0; i < bytes; ++i)
            a[i / 4] += r[i];
        return a;
    }
    static std::uint32_t sum(const Wide& r) noexcept {
        std::uint32_t total = 0;
        for (const auto lane : r)
            total += lane;
        return total;
    }
    static std::array<std::uint32_t, 4> sum4(const Wide& a, const Wide& b, const Wide& c, const Wide& d) noexcept {
        return {sum(a), sum(b), sum(c), sum(d)};
    }

    static Floats load_floats(const float* from) noexcept {
        Floats r;
        std::memcpy(r.data(), from, sizeof(r));
        return r;
    }
    static void store_floats(float* to, const Floats& r) noexcept { std::memcpy(to, r.data(), sizeof(r)); }
    static Floats splat_float(float value) noexcept {
        Floats r;
        r.fill(value);
        return r;
    }
    static Floats multiply(Floats a, const Floats& b) noexcept {
        for (std::size_t i = 0; i < lanes; ++i)
            a[i] *= b[i];
        return a;
    }
    static Floats add_floats(Floats a, const Floats& b) noexcept {
        for (std::size_t i = 0; i < lanes; ++i)
            a[i] += b[i];
        return a;
    }
    static Floats to_floats(const Wide& r) noexcept {
        Floats f;
        for (std::size_t i = 0; i < lanes; ++i)
            f[i] = static_cast<float>(static_cast<std::int32_t>(r[i]));
        return f;
    }
    /// max(peak, bits of |x|), as integers: so ordered, NaN lies above infinity and infinity above every number.
    static Wide max_magnitude(Wide peak, const Floats& x) noexcept {
        for (std::size_t i = 0; i < lanes; ++i) {
            const std::uint32_t magnitude = bit_cast<std::uint32_t>(x[i]) & 0x7fffffffu;
            if (magnitude > peak[i]) peak[i] = magnitude;
        }
        return peak;
    }
    static std::uint32_t reduce_max(const Wide& r) noexcept {
        std::uint32_t top = 0;
        for (const auto lane : r)
            top = lane > top ? lane : top;
        return top;
    }
    /// Each value rounded to the nearest integer, ties to even, as int32. Values must fit in int32.
    static Wide round_to_int(const Floats& x) noexcept {
        Wide r;
        for (std::size_t i = 0; i < lanes; ++i) {
            r[i] = static_cast<std::uint32_t>(static_cast<std::int32_t>(std::nearbyint(x[i])));
        }
        return r;
    }
    /// Each lane, signed, or the bound that it lies beyond.
    static Wide clamp(Wide r, std::int32_t low, std::int32_t high) noexcept {
        for (auto& lane : r) {
            const auto value = static_cast<std::int32_t>(lane);
            lane = static_cast<std::uint32_t>(value < low ? low : value > high ? high : value);
        }
        return r;
    }
    /// The low byte of each lane, in order; lanes must lie in -128..127.
    static void store_low_bytes(std::int8_t* to, const Wide& r) noexcept {
        for (std::size_t i = 0; i < lanes; ++i)
            to[i] = static_cast<std::int8_t>(static_cast<std::int32_t>(r[i]));
    }

    template <class Half>
    static Floats widen(const Half* from) noexcept {
        Floats r;
        for (std::size_t i = 0; i < lanes; ++i)
            r[i] = static_cast<float>(from[i]);
        return r;
    }
    template <class Half>
    static void narrow(Half* to, const Floats& x) noexcept {
        for (std::size_t i = 0; i < lanes; ++i)
            to[i] = Half(x[i]);
    }

    static void prefetch(const void*) noexcept {}
};

ScalarBackend select_backend(Rank<9>, Scalar);

}  // namespace TERNION_ABI
}  // namespace ternion
