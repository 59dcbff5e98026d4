#pragma once

// What the packings share that are multiplied by looking sums of activations up. A few neighbouring weights of a row
// (two or three, a `group`) make an index of 4 bits, perhaps with a sign. A panel is 16 rows; panels follow each other,
// and a panel is a sequence of chunks of 8 groups along K:
//
//   chunk c of a panel     byte 16s + r, s = 0..3, r = 0..15     high nibble: row r, group 8c + 2s
//                                                                low nibble:  row r, group 8c + 2s + 1
//   with signs, then       byte 64 + r                           bit j: the sign of row r, group 8c + j
//
// The 16 rows of a step s look up in one table of 16 entries, which is what byte shuffles do in each 128-bit part of a
// register: one register of 64 bytes, two of 32 or four of 16 read the indices of a chunk, whose bytes are the same for
// all of them. Rows past N and inputs past K are zero trits.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../core/unroll.hpp"

namespace ternion {

/// The layout of such a packing. Codec has `encode(codes)`, which gives index | sign << 4, and `decode(symbol)`, which
/// gives the codes back, or 3 or more where the five bits encode no trits.
template <class Codec, std::size_t Inputs, bool Signs>
struct LookupPanel {
    static constexpr std::size_t panel_rows = 16;
    static constexpr std::size_t lookup_inputs = Inputs;
    static constexpr bool has_signs = Signs;
    static constexpr std::size_t chunk_groups = 8;
    static constexpr std::size_t chunk_inputs = chunk_groups * Inputs;
    static constexpr std::size_t index_bytes = panel_rows * chunk_groups / 2;
    static constexpr std::size_t chunk_bytes = index_bytes + (Signs ? panel_rows : 0);
    static constexpr double bits_per_weight = 8.0 * chunk_bytes / (panel_rows * chunk_inputs);

    using Group = std::array<std::uint8_t, Inputs>;  // codes

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
        for (std::size_t c = 0; c < chunks(shape); ++c, out += chunk_bytes) {
            for (std::size_t r = 0; r < panel_rows; ++r) {
                std::array<std::uint8_t, chunk_inputs> inputs;
                inputs.fill(1);
                if (r < rows) {
                    const std::uint8_t* from = codes + r * shape.k + c * chunk_inputs;
                    std::copy_n(from, (std::min)(chunk_inputs, shape.k - c * chunk_inputs), inputs.begin());
                }
                encode_row(inputs, out + r);
            }
        }
    }

    static TERNION_INLINE void unpack(Shape shape, const std::byte* data, std::size_t row, std::size_t k,
                                      std::size_t count, std::uint8_t* codes) noexcept {
        const std::byte* lane = data + row / panel_rows * panel_bytes(shape) + row % panel_rows;
        for (std::size_t end = k + count; k < end;) {
            const std::byte* chunk = lane + k / chunk_inputs * chunk_bytes;
            if (k % chunk_inputs == 0 && end - k >= chunk_inputs) {
                unroll<chunk_groups>(
                    [&](auto j) TERNION_INLINE_LAMBDA { std::memcpy(codes + j * Inputs, decoded[symbol(chunk, j)].data(), Inputs); });
                k += chunk_inputs;
                codes += chunk_inputs;
            } else {
                *codes++ = decoded[symbol(chunk, k / Inputs % chunk_groups)][k % Inputs];
                ++k;
            }
        }
    }

    /// The weights, -1, 0 or 1, that entry e of a group's table gives its inputs: weights[input][e]. Zero where e is no
    /// index, so that padding may hold anything. Modulo 2^16, as sums are added up.
    static constexpr std::array<std::array<std::uint16_t, 16>, Inputs> entry_weights() noexcept {
        std::array<std::array<std::uint16_t, 16>, Inputs> weights{};
        for (std::size_t e = 0; e < 16; ++e) {
            const Group group = Codec::decode(e);
            for (std::size_t i = 0; i < Inputs; ++i) {
                if (group[i] <= 2) weights[i][e] = static_cast<std::uint16_t>(group[i] - 1);
            }
        }
        return weights;
    }

 private:
    static constexpr std::array<Group, 32> make_decoded() noexcept {
        std::array<Group, 32> table{};
        for (std::size_t symbol = 0; symbol < 32; ++symbol)
            table[symbol] = Codec::decode(symbol);
        return table;
    }
    static constexpr std::array<Group, 32> decoded = make_decoded();

    /// Writes the bytes of one row of a chunk; they lie 16 apart.
    static TERNION_INLINE void encode_row(const std::array<std::uint8_t, chunk_inputs>& codes,
                                          std::byte* out) noexcept {
        unsigned signs = 0;
        std::array<unsigned, chunk_groups> index;
        for (std::size_t j = 0; j < chunk_groups; ++j) {
            Group group;
            std::copy_n(codes.begin() + j * Inputs, Inputs, group.begin());
            const unsigned symbol = Codec::encode(group);
            index[j] = symbol & 15;
            signs |= (symbol >> 4) << j;
        }
        for (std::size_t s = 0; s < chunk_groups / 2; ++s)
            out[s * panel_rows] = static_cast<std::byte>(index[2 * s] << 4 | index[2 * s + 1]);
        if constexpr (Signs) out[index_bytes] = static_cast<std::byte>(signs);
    }

    /// Group j of a row whose first byte of the chunk is `lane`: index | sign << 4.
    static TERNION_INLINE unsigned symbol(const std::byte* lane, std::size_t j) noexcept {
        const auto byte = std::to_integer<unsigned>(lane[j / 2 * panel_rows]);
        unsigned symbol = j % 2 == 0 ? byte >> 4 : byte & 15;
        if constexpr (Signs) symbol |= (std::to_integer<unsigned>(lane[index_bytes]) >> j & 1) << 4;
        return symbol;
    }
};

/// Whether kernels can multiply by P's panels with the look-ups of backend B.
template <class P, class B>
concept LookupPacking = requires(typename B::Bytes bytes) {
    { P::entry_weights()[0][0] } -> std::convertible_to<int>;
    { P::has_signs } -> std::convertible_to<bool>;
    B::lookup16(bytes, bytes);
};

}  // namespace ternion
