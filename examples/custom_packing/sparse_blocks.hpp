#pragma once

// SparseBlocks: 2 bits a trit for matrices that are mostly zero. A row is cut into blocks of 256 weights; a flag for
// each says whether it holds anything, and only those that do are stored, one behind the other:
//
//   row      | flag 0 | flag 1 | ... | stored block | stored block | ... | zero bytes up to the row's end |
//
//   flag     0: 256 zeros, not stored    1: stored    others never occur
//   byte p of a stored block holds weights p, p + 64, p + 128, p + 192:
//
//   bit      7  6     5  4     3  2    1  0
//   weight  p + 192  p + 128  p + 64    p
//
//   trit  -1   0   +1
//   code   0   1    2        3 never occurs
//
// A row keeps room for all its blocks, so that rows begin at fixed places: 2.03125 bits a weight where K is a multiple
// of 256. What isn't stored isn't read, either. The last block is padded with zero trits.
//
// This file is written against ternion's public interface, as a packing of your own would be.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <ternion/ternion.hpp>

namespace custom {

struct SparseBlocks {
    static constexpr std::string_view name = "sparse_blocks";
    static constexpr double bits_per_weight = 2.03125;
    static constexpr std::size_t block = 256;
    static constexpr std::size_t block_bytes = 64;

    static constexpr std::size_t blocks(ternion::Shape shape) noexcept { return ternion::ceil_div(shape.k, block); }
    static constexpr std::size_t row_bytes(ternion::Shape shape) noexcept { return blocks(shape) * (1 + block_bytes); }
    static constexpr std::size_t bytes(ternion::Shape shape) noexcept { return shape.n * row_bytes(shape); }

    // Rows whose bytes belong to them alone are packed together; here each row is for itself.
    static constexpr std::size_t stripe_rows(ternion::Shape) noexcept { return 1; }

    static TERNION_INLINE void pack_stripe(ternion::Shape shape, std::size_t row, const std::uint8_t* codes,
                                           std::byte* data) noexcept {
        std::byte* flags = data + row * row_bytes(shape);
        std::byte* out = flags + blocks(shape);
        std::fill_n(flags, row_bytes(shape), std::byte{0});
        for (std::size_t b = 0; b < blocks(shape); ++b) {
            std::uint8_t whole[block];
            const std::size_t count = std::min(block, shape.k - b * block);
            std::fill(std::copy_n(codes + b * block, count, whole), whole + block, std::uint8_t{1});
            if (std::all_of(whole, whole + block, [](std::uint8_t code) { return code == 1; })) continue;
            flags[b] = std::byte{1};
            for (std::size_t p = 0; p < block_bytes; ++p, ++out)
                *out =
                    static_cast<std::byte>(whole[p] | whole[p + 64] << 2 | whole[p + 128] << 4 | whole[p + 192] << 6);
        }
    }

    static TERNION_INLINE void unpack(ternion::Shape shape, const std::byte* data, std::size_t row, std::size_t k,
                                      std::size_t count, std::uint8_t* codes) noexcept {
        unpack_by(shape, data, row, k, count, codes, [](const std::byte* in, std::uint8_t* out) TERNION_INLINE_LAMBDA {
            for (std::size_t i = 0; i < block; ++i)
                out[i] = std::to_integer<std::uint8_t>(in[i % block_bytes] >> (i / block_bytes * 2) & std::byte{3});
        });
    }

    // All of the above is enough to be exact everywhere. This hook makes it fast: the same with a backend's registers,
    // whatever their width.
    template <class B>
    requires(block_bytes % B::bytes == 0)
    static TERNION_INLINE void unpack_simd(ternion::Shape shape, const std::byte* data, std::size_t row, std::size_t k,
                                           std::size_t count, std::uint8_t* codes) noexcept {
        unpack_by(shape, data, row, k, count, codes, [](const std::byte* in, std::uint8_t* out) TERNION_INLINE_LAMBDA {
            const auto mask = B::splat(3);
            for (std::size_t p = 0; p < block_bytes; p += B::bytes) {
                const auto packed = B::load(in + p);
                B::store(out + p, B::bit_and(packed, mask));
                B::store(out + p + 64, B::bit_and(B::template shift_right<2>(packed), mask));
                B::store(out + p + 128, B::bit_and(B::template shift_right<4>(packed), mask));
                B::store(out + p + 192, B::bit_and(B::template shift_right<6>(packed), mask));
            }
        });
    }

 private:
    /// Walks over the blocks that hold inputs k .. k + count - 1; unpack_block(in, out) unpacks one that is stored.
    template <class UnpackBlock>
    static TERNION_INLINE void unpack_by(ternion::Shape shape, const std::byte* data, std::size_t row, std::size_t k,
                                         std::size_t count, std::uint8_t* codes,
                                         const UnpackBlock& unpack_block) noexcept {
        const std::byte* flags = data + row * row_bytes(shape);
        const std::byte* stored = flags + blocks(shape);
        for (std::size_t b = 0; b < k / block; ++b)
            stored += flags[b] == std::byte{1} ? block_bytes : 0;
        std::uint8_t part[block];
        for (std::size_t done = 0; done < count;) {
            const std::size_t place = (k + done) % block;
            const std::size_t run = std::min(count - done, block - place);
            const std::byte flag = flags[(k + done) / block];
            if (flag != std::byte{1}) {
                std::memset(codes + done, flag == std::byte{0} ? 1 : 3, run);
            } else if (run == block) {
                unpack_block(stored, codes + done);
            } else {
                unpack_block(stored, part);
                std::memcpy(codes + done, part + place, run);
            }
            stored += flag == std::byte{1} ? block_bytes : 0;
            done += run;
        }
    }
};

}  // namespace custom
