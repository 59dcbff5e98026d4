#pragma once

// What the packings of bit planes share. Rows follow each other; a row is a sequence of blocks of 64 inputs, which hold
// 64 bits of each plane:
//
//   block b of a row     bytes 0 .. 7      the first plane
//                        bytes 8 .. 15     the second plane, if there are two
//   bit i of byte j      belongs to input 64b + 8j + i
//
// The last plane holds the signs, 1 for -1. The one before it, if there is one, says which weights aren't zero.

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "../core/config.hpp"
#include "../core/shape.hpp"

namespace ternion {

/// The layout of such a packing: with `Zeros`, two planes; without, one, and no weight is zero.
template <bool Zeros>
struct PlaneRows {
    static constexpr bool has_zeros = Zeros;
    static constexpr std::size_t block_inputs = 64;
    static constexpr std::size_t sign_place = Zeros ? 8 : 0;  // of the signs in a block
    static constexpr std::size_t block_bytes = sign_place + 8;
    static constexpr double bits_per_weight = 8.0 * block_bytes / block_inputs;

    static constexpr std::size_t blocks(Shape shape) noexcept { return ceil_div(shape.k, block_inputs); }
    static constexpr std::size_t row_bytes(Shape shape) noexcept { return blocks(shape) * block_bytes; }
    static constexpr std::size_t bytes(Shape shape) noexcept { return shape.n * row_bytes(shape); }
    static constexpr std::size_t stripe_rows(Shape) noexcept { return 1; }

    /// Inputs past K have no bits.
    static TERNION_INLINE void pack_stripe(Shape shape, std::size_t row, const std::uint8_t* codes,
                                           std::byte* data) noexcept {
        std::byte* out = data + row * row_bytes(shape);
        for (std::size_t k = 0; k < shape.k; k += block_inputs, out += block_bytes) {
            Block block{0, 0};
            for (std::size_t i = 0; i < (std::min)(block_inputs, shape.k - k); ++i) {
                block.nonzero |= std::uint64_t{codes[k + i] != 1} << i;
                block.negative |= std::uint64_t{codes[k + i] == 0} << i;
            }
            if constexpr (Zeros) std::memcpy(out, &block.nonzero, 8);
            std::memcpy(out + sign_place, &block.negative, 8);
        }
    }

    static TERNION_INLINE void unpack(Shape shape, const std::byte* data, std::size_t row, std::size_t k,
                                      std::size_t count, std::uint8_t* codes) noexcept {
        const std::byte* in = data + row * row_bytes(shape);
        for (std::size_t done = 0; done < count;) {
            const std::size_t place = (k + done) % block_inputs;
            const std::size_t run = (std::min)(count - done, block_inputs - place);
            const Block block = load(in + (k + done) / block_inputs * block_bytes);
            for (std::size_t i = 0; i < run; ++i)
                codes[done + i] = code_of[(block.nonzero >> (place + i) & 1) + 2 * (block.negative >> (place + i) & 1)];
            done += run;
        }
    }

    /// As unpack, by SIMD where whole blocks are asked for.
    template <class B>
    static TERNION_INLINE void unpack_simd(Shape shape, const std::byte* data, std::size_t row, std::size_t k,
                                           std::size_t count, std::uint8_t* codes) noexcept {
        const std::size_t whole = k % block_inputs == 0 ? count / block_inputs * block_inputs : 0;
        const std::byte* in = data + row * row_bytes(shape) + k / block_inputs * block_bytes;
        for (std::size_t i = 0; i < whole; i += block_inputs, in += block_bytes) {
            B::prefetch(in + 2048);
            for (std::size_t part = 0; part < block_inputs; part += B::bytes) {
                auto trits = B::splat(2);
                if constexpr (Zeros) trits = B::add_where(B::load_mask(in + part / 8), B::splat(1), B::splat(1));
                const auto negative = B::load_mask(in + sign_place + part / 8);
                B::store(codes + i + part, B::flip_where(negative, trits, B::splat(2)));
            }
        }
        if (whole != count) unpack(shape, data, row, k + whole, count - whole, codes + whole);
    }

    /// How many of the first `blocks` blocks' weights are -1.
    static TERNION_INLINE std::uint32_t count_negative(const std::byte* row, std::size_t blocks) noexcept {
        int count = 0;
        for (std::size_t b = 0; b < blocks; ++b, row += block_bytes) {
            std::uint64_t negative;
            std::memcpy(&negative, row + sign_place, 8);
            count += std::popcount(negative);
        }
        return static_cast<std::uint32_t>(count);
    }

 private:
    struct Block {
        std::uint64_t nonzero;
        std::uint64_t negative;
    };
    static TERNION_INLINE Block load(const std::byte* from) noexcept {
        Block block{~std::uint64_t{0}, 0};
        if constexpr (Zeros) std::memcpy(&block.nonzero, from, 8);
        std::memcpy(&block.negative, from + sign_place, 8);
        return block;
    }
    /// By nonzero + 2 * negative. A sign without a weight is no trit.
    static constexpr std::uint8_t code_of[4] = {1, 2, 3, 0};
};

/// Whether kernels can multiply by P's planes with the masks of backend B.
template <class P, class B>
concept PlanePacking = requires(typename B::Bytes bytes, const std::byte* data) {
    { P::has_zeros } -> std::convertible_to<bool>;
    { P::count_negative(data, 0) } -> std::same_as<std::uint32_t>;
    B::add_where(B::load_mask(data), bytes, bytes);
};

}  // namespace ternion
