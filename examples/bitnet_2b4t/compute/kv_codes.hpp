#pragma once

#include <cstddef>
#include <cstdint>
#include <ternion/ternion.hpp>

namespace bitnet {

// Codes of 8, 4 or 3 bits in memory, two's complement, in planes of 8, 4, 2 or 1 bits a code. Of a token's n codes a
// plane of W bits takes n · W / 8 bytes, its rows: row p has codes p, p + rows, p + 2 rows, ..., the first in the
// lowest bits, so that neighbours are in neighbouring rows and many are unpacked at once.

/// A plane holds Width bits of each code, from bit Begin on, and lies behind planes of Before bits.
template <int Width, int Begin, int Before>
struct CodePlane {
    static constexpr std::size_t width = Width, begin = Begin;
    static constexpr unsigned mask = (1u << Width) - 1;

    static constexpr std::size_t rows(std::size_t n) { return n * Width / 8; }
    /// Where the plane of `tokens` tokens begins.
    static constexpr std::size_t offset(std::size_t n, std::size_t tokens) { return tokens * n * Before / 8; }
};

/// A code of three bits is one of four whose lowest bit only a sequence's first token has, in a plane of its own.
using FirstTokenPlane = CodePlane<1, 0, 0>;
template <int Bits>
inline constexpr int code_bits = Bits == 3 ? 4 : Bits;

template <int Bits, class F>
void each_plane(F&& f) {
    if constexpr (Bits == 3) {
        f(CodePlane<2, 1, 0>{});
        f(CodePlane<1, 3, 2>{});
    } else {
        f(CodePlane<Bits, 0, 0>{});
    }
}

inline namespace TERNION_ABI {

/// Writes a plane's bytes of one token's n codes, `step` bytes apart.
template <class Plane>
void write_rows(Plane, const std::int8_t* codes, std::size_t n, std::uint8_t* to, std::size_t step) {
    const std::size_t rows = Plane::rows(n);
    for (std::size_t p = 0; p < rows; ++p) {
        unsigned byte = 0;
        for (std::size_t j = 0; j < 8 / Plane::width; ++j)
            byte |= (static_cast<unsigned>(codes[p + j * rows]) >> Plane::begin & Plane::mask) << (j * Plane::width);
        to[p * step] = static_cast<std::uint8_t>(byte);
    }
}

/// Adds to `count` codes the plane's bits, which their bytes hold from bit `shift` on.
template <class Plane>
void add_bits(Plane, const std::uint8_t* bytes, std::size_t shift, std::size_t count, std::uint8_t* codes) {
    for (std::size_t i = 0; i < count; ++i)
        codes[i] = static_cast<std::uint8_t>(codes[i] | (bytes[i] >> shift & Plane::mask) << Plane::begin);
}

/// Adds the plane's bits of all n codes of a token, whose rows are neighbours in memory.
template <class Plane>
void add_rows(Plane plane, const std::uint8_t* bytes, std::size_t n, std::uint8_t* codes) {
    const std::size_t rows = Plane::rows(n);
    for (std::size_t j = 0; j < 8 / Plane::width; ++j)
        add_bits(plane, bytes, j * Plane::width, rows, codes + j * rows);
}

/// The number that a code stands for.
template <int Bits>
float number_of(std::uint8_t code) {
    constexpr int sign = 1 << (code_bits<Bits> - 1);
    return static_cast<float>((code ^ sign) - sign);
}

}  // namespace TERNION_ABI
}  // namespace bitnet
