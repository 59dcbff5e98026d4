#pragma once

// What the packings of 2 bits a trit share: code 3, which encodes no trit, and rows of 32 bytes whose four fields hold
// weights that lie 32 apart.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../core/config.hpp"
#include "codes_at.hpp"
#include "in_place.hpp"

namespace ternion::detail {

/// Whether none of the 2-bit codes in `count` bytes is 3.
TERNION_INLINE bool no_code_is_3(const std::byte* data, std::size_t count) noexcept {
    std::uint64_t threes = 0;
    std::size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        std::uint64_t word;
        std::memcpy(&word, data + i, 8);
        threes |= word & word >> 1;
    }
    for (; i < count; ++i) {
        const auto byte = std::to_integer<std::uint64_t>(data[i]);
        threes |= byte & byte >> 1;
    }
    return (threes & 0x5555555555555555u) == 0;
}

/// 128 weights in 32 bytes: byte p holds weights p, p + 32, p + 64 and p + 96 at the bits `Shifts`, in this order.
template <int... Shifts>
struct Fields32 {
    static constexpr std::size_t bytes = 32;
    static constexpr std::size_t weights = 128;
    static constexpr std::array<int, 4> shifts{Shifts...};

    static TERNION_INLINE void pack(const std::uint8_t* codes, std::byte* out) noexcept {
        for (std::size_t p = 0; p < bytes; ++p) {
            out[p] = static_cast<std::byte>(codes[p] << shifts[0] | codes[p + 32] << shifts[1] |
                                            codes[p + 64] << shifts[2] | codes[p + 96] << shifts[3]);
        }
    }

    /// Eight bytes at a time.
    static TERNION_INLINE void unpack(const std::byte* in, std::uint8_t* codes) noexcept {
        for (std::size_t p = 0; p < bytes; p += 8) {
            std::uint64_t word;
            std::memcpy(&word, in + p, 8);
            for (std::size_t field = 0; field < 4; ++field) {
                const std::uint64_t eight = word >> shifts[field] & 0x0303030303030303u;
                std::memcpy(codes + 32 * field + p, &eight, 8);
            }
        }
    }

    /// How many of them `unpack_simd` takes: a register of 64 bytes holds two.
    template <class B>
    static constexpr std::size_t step = B::bytes > bytes ? B::bytes / bytes : 1;

    /// step<B> of them, whose bytes and codes follow each other, by registers of at most 64 bytes.
    template <class B>
    static TERNION_INLINE void unpack_simd(const std::byte* in, std::uint8_t* codes) noexcept {
        static_assert(B::bytes <= 2 * bytes);
        for (std::size_t p = 0; p < bytes; p += B::bytes) {
            const auto packed = B::load(in + p);
            store_field<B, shifts[0]>(codes + p, packed);
            store_field<B, shifts[1]>(codes + p + 32, packed);
            store_field<B, shifts[2]>(codes + p + 64, packed);
            store_field<B, shifts[3]>(codes + p + 96, packed);
        }
    }

 private:
    template <class B, int Shift>
    static TERNION_INLINE void store_field(std::uint8_t* out, typename B::Bytes packed) noexcept {
        const auto codes = codes_at<B, Shift, 2>(packed);
        if constexpr (B::bytes > bytes) {
            B::store_halves(out, out + weights, codes);
        } else {
            B::store(out, codes);
        }
    }
};

/// Such fields in units of `Inputs` weights, `Bytes` apart, that begin with Inputs / 4 bytes of codes.
template <class B, std::size_t M, std::size_t Inputs, std::size_t Bytes, int... Shifts>
requires(B::bytes <= 64)
struct Fields32InPlace : TwoBitInPlace<B, M, Shifts...> {
    static constexpr std::size_t unit_inputs = Inputs;
    static constexpr std::size_t unit_bytes = Bytes;
    static constexpr std::size_t read_bytes = Inputs / 4;
    static constexpr std::size_t registers = read_bytes / B::bytes;
    static constexpr std::size_t few_tokens = few_in_place<B, 2>;

    template <std::size_t R>
    static TERNION_INLINE typename B::Bytes load(const std::byte* unit) noexcept {
        return B::load_once(unit + R * B::bytes);
    }
    static TERNION_INLINE void arrange(const std::int8_t* x, std::int8_t* out) noexcept {
        for (std::size_t byte = 0; byte < read_bytes; byte += 16) {
            for (std::size_t f = 0; f < 4; ++f)
                std::memcpy(out + arranged_place<B, 4>(byte, f), x + byte / 32 * 128 + 32 * f + byte % 32, 16);
        }
    }
};

}  // namespace ternion::detail
