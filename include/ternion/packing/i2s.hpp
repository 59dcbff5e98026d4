#pragma once

// I2S: the layout of I2_S tensors in GGUF files of bitnet.cpp (tensor type 36), byte for byte.
//
// All N*K weights in flat row-major order, 128 in a block of 32 bytes. Byte p of a block holds four weights:
//
//   bit      7  6    5  4    3  2    1  0
//   weight    p     p + 32  p + 64  p + 96
//
//   trit  -1   0   +1
//   code   0   1    2        3 never occurs and is refused where data enters
//
// Blocks run across rows where K is no multiple of 128. A file's tensors have whole blocks only; in memory the last
// block is padded with zero trits (code 1). The scale, which a file keeps in a tail behind the blocks, is not among
// these bytes.
//
// 2 bits a weight. Source: bitnet.cpp, arXiv 2502.11880, section 3, and the published GGUF of BitNet b1.58 2B4T.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <string_view>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "two_bit.hpp"
#include "unpack_blocks.hpp"

namespace ternion {

struct I2S {
    static constexpr std::string_view name = "i2_s";
    static constexpr double bits_per_weight = 2.0;
    static constexpr std::size_t block = 128;
    static constexpr std::size_t block_bytes = 32;

    static constexpr std::size_t bytes(Shape shape) noexcept { return ceil_div(shape.size(), block) * block_bytes; }

    /// As many rows as it takes to end on a block.
    static constexpr std::size_t stripe_rows(Shape shape) noexcept { return block / std::gcd(shape.k, block); }

    static TERNION_INLINE void pack_stripe(Shape shape, std::size_t stripe, const std::uint8_t* codes,
                                           std::byte* data) noexcept {
        const std::size_t first = stripe * stripe_rows(shape) * shape.k;
        const std::size_t end = (std::min)(shape.size(), first + stripe_rows(shape) * shape.k);
        std::byte* out = data + first / block * block_bytes;
        std::uint8_t padded[block];
        for (std::size_t i = first; i < end; i += block, codes += block, out += block_bytes) {
            const std::uint8_t* whole = codes;
            if (end - i < block) {
                std::fill(std::copy_n(codes, end - i, padded), padded + block, std::uint8_t{1});
                whole = padded;
            }
            Fields::pack(whole, out);
        }
    }

    /// Whole blocks go straight to `codes`, parts of a block through a buffer.
    static TERNION_INLINE void unpack(Shape shape, const std::byte* data, std::size_t row, std::size_t k,
                                      std::size_t count, std::uint8_t* codes) noexcept {
        const auto decode = [](const std::byte* in, std::uint8_t* out)
                                TERNION_INLINE_LAMBDA { Fields::unpack(in, out); };
        detail::unpack_blocks<block, block_bytes>(data, row * shape.k + k, count, codes, decode);
    }

    /// As unpack; whole blocks by SIMD.
    template <class B>
    static TERNION_INLINE void unpack_simd(Shape shape, const std::byte* data, std::size_t row, std::size_t k,
                                           std::size_t count, std::uint8_t* codes) noexcept {
        const std::size_t first = row * shape.k + k;
        const std::size_t head = (std::min)(count, (block - first % block) % block);
        const std::size_t blocks = (count - head) / block;
        const std::size_t done = head + blocks * block;
        if (head != 0) unpack(shape, data, row, k, head, codes);
        unpack_blocks<B>(data + (first + head) / block * block_bytes, blocks, codes + head);
        if (done != count) unpack(shape, data, row, k + done, count - done, codes + done);
    }

    /// Rows begin with a block where K is a multiple of 128.
    static constexpr std::size_t row_bytes(Shape shape) noexcept { return shape.k % block == 0 ? shape.k / 4 : 0; }
    template <class B, std::size_t M = 1>
    using InPlace = detail::Fields32InPlace<B, M, 4 * (std::max)(B::bytes, block_bytes),
                                            (std::max)(B::bytes, block_bytes), 6, 4, 2, 0>;

    /// Whether no code is 3.
    static TERNION_INLINE bool valid(Shape shape, const std::byte* data) noexcept {
        return detail::no_code_is_3(data, bytes(shape));
    }

 private:
    using Fields = detail::Fields32<6, 4, 2, 0>;

    template <class B>
    static TERNION_INLINE void unpack_blocks(const std::byte* in, std::size_t blocks, std::uint8_t* codes) noexcept {
        std::size_t b = 0;
        if constexpr (B::bytes <= 2 * block_bytes) {
            constexpr std::size_t step = Fields::step<B>;
            for (; b + step <= blocks; b += step) {
                B::prefetch(in + b * block_bytes + 2048);
                Fields::unpack_simd<B>(in + b * block_bytes, codes + b * block);
            }
        }
        for (; b < blocks; ++b)
            Fields::unpack(in + b * block_bytes, codes + b * block);
    }
};

}  // namespace ternion
