#pragma once

// What the block formats of ggml share: a row is a sequence of blocks of equal size, each with a float16 scale of its
// own, and rows follow each other.
//
//   row n         | block 0 | block 1 | ... |         block b holds inputs b * Inputs .. (b + 1) * Inputs - 1
//
// Files have whole blocks only. In memory the last block of a row is padded with zero trits.
//
// A block's scale says what its trits are worth in a file. `pack` writes the matrix's scale there, rounded to float16,
// and zero into a block without any other trit than zero, as the original programs do.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../core/config.hpp"
#include "../core/float16.hpp"
#include "../core/shape.hpp"
#include "unpack_blocks.hpp"

namespace ternion {

/// The layout of such a packing. Codec has `encode(codes, block)`, which leaves the scale alone, `decode(block,
/// codes)`, `valid_block(block)`, `scale_place`, the scale's offset in the block, and perhaps `decode_simd<B>`, as
/// `decode` with backend B for blocks that were checked.
template <class Codec, std::size_t Inputs, std::size_t Bytes>
struct RowBlocks {
    static constexpr std::size_t block_inputs = Inputs;
    static constexpr std::size_t block_bytes = Bytes;
    static constexpr double bits_per_weight = 8.0 * Bytes / Inputs;
    static constexpr std::size_t group_inputs = Inputs;  // that share a scale

    static constexpr std::size_t blocks(Shape shape) noexcept { return ceil_div(shape.k, Inputs); }
    static constexpr std::size_t bytes(Shape shape) noexcept { return shape.n * blocks(shape) * Bytes; }
    static constexpr std::size_t stripe_rows(Shape) noexcept { return 1; }
    static constexpr std::size_t row_bytes(Shape shape) noexcept { return blocks(shape) * Bytes; }

    static TERNION_INLINE void pack_stripe(Shape shape, std::size_t row, const std::uint8_t* codes,
                                           std::byte* data) noexcept {
        std::uint8_t padded[Inputs];
        for (std::size_t b = 0; b < blocks(shape); ++b) {
            const std::size_t count = (std::min)(Inputs, shape.k - b * Inputs);
            const std::uint8_t* whole = codes + b * Inputs;
            if (count < Inputs) {
                std::fill(std::copy_n(whole, count, padded), padded + Inputs, std::uint8_t{1});
                whole = padded;
            }
            Codec::encode(whole, data + block_place(shape, row, b));
            set_scale(shape, data, row, b, 1);
        }
    }

    /// Whole blocks go straight to `codes`, parts of a block through a buffer.
    static TERNION_INLINE void unpack(Shape shape, const std::byte* data, std::size_t row, std::size_t k,
                                      std::size_t count, std::uint8_t* codes) noexcept {
        const auto decode = [](const std::byte* block, std::uint8_t* out)
                                TERNION_INLINE_LAMBDA { Codec::decode(block, out); };
        detail::unpack_blocks<Inputs, Bytes>(data + block_place(shape, row, 0), k, count, codes, decode);
    }

    template <class B>
    static TERNION_INLINE void unpack_simd(Shape shape, const std::byte* data, std::size_t row, std::size_t k,
                                           std::size_t count, std::uint8_t* codes) noexcept
    requires requires(const std::byte* block, std::uint8_t* out) { Codec::template decode_simd<B>(block, out); }
    {
        const auto decode = [](const std::byte* block, std::uint8_t* out) TERNION_INLINE_LAMBDA {
            B::prefetch(block + 2048);
            Codec::template decode_simd<B>(block, out);
        };
        detail::unpack_blocks<Inputs, Bytes>(data + block_place(shape, row, 0), k, count, codes, decode);
    }

    static TERNION_INLINE bool valid(Shape shape, const std::byte* data) noexcept {
        bool all = true;
        for (std::size_t b = 0; b < shape.n * blocks(shape); ++b)
            all &= Codec::valid_block(data + b * Bytes);
        return all;
    }

    /// The scale of inputs group * group_inputs and following of a row.
    static TERNION_INLINE float scale_at(Shape shape, const std::byte* data, std::size_t row,
                                         std::size_t group) noexcept {
        return scale_of_block(data + block_place(shape, row, group));
    }
    static TERNION_INLINE float scale_of_block(const std::byte* block) noexcept {
        std::uint16_t bits;
        std::memcpy(&bits, block + Codec::scale_place, 2);
        return static_cast<float>(Float16::from_bits(bits));
    }
    /// Rounds to float16.
    static TERNION_INLINE void set_scale(Shape shape, std::byte* data, std::size_t row, std::size_t group,
                                         float scale) noexcept {
        const std::uint16_t bits = Float16(scale).bits;
        std::memcpy(data + block_place(shape, row, group) + Codec::scale_place, &bits, 2);
    }

 private:
    static constexpr std::size_t block_place(Shape shape, std::size_t row, std::size_t block) noexcept {
        return (row * blocks(shape) + block) * Bytes;
    }
};

}  // namespace ternion
