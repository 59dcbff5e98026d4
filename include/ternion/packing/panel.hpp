#pragma once

// What the row-interleaved compute layouts share. A panel is 16 rows, stored one after the other; a panel is a sequence
// of 64-byte chunks along K, so that a GEMV reads the matrix once, in order, and needs no horizontal sum:
//
//   chunk c of a panel      byte 4r + j, r = 0..15, j = 0..3
//   holds row r of the panel, inputs  c * 4Q + 4f + j,  f = 0 .. Q-1
//
// A codec says how the Q codes of a byte are encoded; code f is the one of field f. Seen as 32-bit lanes, lane r
// belongs to row r: one register of 64 bytes, two of 32 or four of 16 read a chunk, and the layout is the same for all
// of them. Rows past N and inputs past K are zero trits.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../core/config.hpp"
#include "../core/shape.hpp"

namespace ternion {

/// The layout of a panel packing with Q codes in a byte. Codec has `encode(words)`, which encodes four bytes at once
/// (the bytes of word f are the codes of their fields f), and `decode_byte(byte, f)`.
template <class Codec, std::size_t Q>
struct Panel {
    static constexpr std::size_t panel_rows = 16;
    static constexpr std::size_t chunk_bytes = 64;
    static constexpr std::size_t codes_per_byte = Q;
    static constexpr std::size_t chunk_inputs = 4 * Q;

    static constexpr std::size_t chunks(Shape shape) noexcept { return ceil_div(shape.k, chunk_inputs); }
    static constexpr std::size_t panel_bytes(Shape shape) noexcept { return chunks(shape) * chunk_bytes; }
    static constexpr std::size_t bytes(Shape shape) noexcept {
        return ceil_div(shape.n, panel_rows) * panel_bytes(shape);
    }
    static constexpr std::size_t stripe_rows(Shape) noexcept { return panel_rows; }

    static TERNION_INLINE void pack_stripe(Shape shape, std::size_t panel, const std::uint8_t* codes,
                                           std::byte* data) noexcept {
        std::byte* out = data + panel * panel_bytes(shape);
        const std::size_t rows = (std::min)(panel_rows, shape.n - panel * panel_rows);
        const std::size_t whole = shape.k / chunk_inputs;
        for (std::size_t r = 0; r < panel_rows; ++r) {
            std::array<std::uint8_t, chunk_inputs> padded;
            padded.fill(1);
            const std::uint8_t* row = r < rows ? codes + r * shape.k : nullptr;
            for (std::size_t c = 0; c < chunks(shape); ++c) {
                if (row != nullptr && c >= whole) std::copy(row + c * chunk_inputs, row + shape.k, padded.begin());
                const bool inside = row != nullptr && c < whole;
                encode_lane(inside ? row + c * chunk_inputs : padded.data(), out + c * chunk_bytes + 4 * r);
            }
        }
    }

    static TERNION_INLINE void unpack(Shape shape, const std::byte* data, std::size_t row, std::size_t k,
                                      std::size_t count, std::uint8_t* codes) noexcept {
        const std::byte* lane = data + row / panel_rows * panel_bytes(shape) + row % panel_rows * 4;
        for (std::size_t i = 0; i < count;) {
            const std::size_t first = (k + i) % chunk_inputs;
            const std::size_t part = (std::min)(chunk_inputs - first, count - i);
            const std::byte* from = lane + (k + i) / chunk_inputs * chunk_bytes;
            if (part == chunk_inputs) {
                decode_lane(from, codes + i);
            } else {
                std::array<std::uint8_t, chunk_inputs> whole;
                decode_lane(from, whole.data());
                std::copy_n(whole.data() + first, part, codes + i);
            }
            i += part;
        }
    }

 private:
    static TERNION_INLINE void encode_lane(const std::uint8_t* codes, std::byte* out) noexcept {
        std::array<std::uint32_t, Q> words;
        std::memcpy(words.data(), codes, chunk_inputs);
        const std::uint32_t lane = Codec::encode(words);
        std::memcpy(out, &lane, 4);
    }
    static TERNION_INLINE void decode_lane(const std::byte* in, std::uint8_t* codes) noexcept {
        for (std::size_t j = 0; j < 4; ++j)
            for (std::size_t f = 0; f < Q; ++f)
                codes[4 * f + j] = Codec::decode_byte(std::to_integer<std::uint8_t>(in[j]), f);
    }
};

/// Whether kernels can decode P's panels in registers of backend B, in two steps, so that few registers are in use at a
/// time: `split_bytes` does what the fields of a register have in common, `field<B, F, Unit>` gives the codes of field
/// F. Those stand `place_of_code[F]` bits up in a byte; shifts are by whole units of `Unit` bits, so that a code that
/// stood above the first bit of a unit is left as its multiple. With units of 2 bits codes are 0 to 2; with units of 4
/// or 8 bits there are fewer shifts, or none.
template <class P, class B>
concept PanelPacking = requires(typename B::Bytes packed) {
    { P::codes_per_byte } -> std::convertible_to<std::size_t>;
    P::template field<B, 0, 2>(P::template split_bytes<B>(packed));
    P::template field<B, 0, 8>(P::template split_bytes<B>(packed));
    { P::place_of_code[0] } -> std::convertible_to<int>;
};

}  // namespace ternion
