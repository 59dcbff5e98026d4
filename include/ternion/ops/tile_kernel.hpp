#pragma once

// The kernel of large batches. A tile, 64 rows by some inputs, is decoded to bytes once and multiplied with many tokens
// by a register-blocked loop that doesn't know any packing.
//
//   byte of a tile at  step * 256 + 4 * row + j   the code of row `row`, input 4 * step + j

#include <array>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/unroll.hpp"

namespace ternion {
inline namespace TERNION_ABI {

template <class B>
struct TileKernel {
    static constexpr std::size_t rows = 64;
    static constexpr std::size_t step_bytes = 4 * rows;
    static constexpr std::size_t registers = step_bytes / B::bytes;  // that hold one step of a tile: four inputs

    // A tile stays in the nearest cache with the activations that it meets, and the machines with few registers are
    // those whose caches are small.
    static constexpr std::size_t inputs = B::registers > 16 ? 512 : 256;
    // The register tile: `tokens` tokens by `width` registers of rows, as large as the register file allows.
    static constexpr std::size_t tokens = 6;
    static constexpr std::size_t width = B::registers > 16 ? 4 : 2;
    static constexpr std::size_t fold_steps = B::fold_every(2);

    /// Of M tokens by `width` registers, token after token.
    template <std::size_t M>
    using Accumulators = std::array<typename B::Narrow, M * width>;

    /// Adds tile · x for M tokens and up to fold_steps steps.
    template <std::size_t M>
    static TERNION_INLINE void add(const std::uint8_t* tile, std::size_t steps, const std::int8_t* x, std::size_t ld,
                                   Accumulators<M>& sum) noexcept {
        for (std::size_t s = 0; s < steps; ++s, tile += step_bytes, x += 4) {
            std::array<typename B::Bytes, width> codes;
            unroll<width>([&](auto w) TERNION_INLINE_LAMBDA { codes[w] = B::load(tile + w * B::bytes); });
            unroll<M>([&](auto m) TERNION_INLINE_LAMBDA {
                const auto four = B::broadcast4(x + m * ld);
                unroll<width>([&](auto w) TERNION_INLINE_LAMBDA {
                    auto& accumulator = sum[m * width + w];
                    accumulator = B::dot(accumulator, codes[w], four);
                });
            });
        }
    }

    /// sums[m][64] += tile · x for `count` tokens and `steps` steps of four inputs. Calls done(m, n) after the n tokens
    /// from m on, while their sums are in the nearest cache.
    template <class Done>
    static TERNION_INLINE void run(const std::uint8_t* tile, std::size_t steps, const std::int8_t* x, std::size_t ld,
                                   std::size_t count, std::int32_t* sums, Done&& done) noexcept {
        std::size_t m = 0;
        for (; count - m >= tokens; m += tokens) {
            run_tokens<tokens>(tile, steps, x + m * ld, ld, sums + m * rows);
            done(m, tokens);
        }
        if (m == count) return;
        unroll<tokens - 1>([&](auto i) TERNION_INLINE_LAMBDA {
            if (count - m == i + 1) run_tokens<i + 1>(tile, steps, x + m * ld, ld, sums + m * rows);
        });
        done(m, count - m);
    }

 private:
    template <std::size_t M>
    static TERNION_NOINLINE void run_tokens(const std::uint8_t* tile, std::size_t steps, const std::int8_t* x,
                                            std::size_t ld, std::int32_t* sums) noexcept {
        for (std::size_t s = 0; s < steps; s += fold_steps) {
            const std::size_t count = steps - s < fold_steps ? steps - s : fold_steps;
            for (std::size_t r = 0; r < registers; r += width) {
                multiply<M>(tile + s * step_bytes + r * B::bytes, count, x + 4 * s, ld, sums + r * B::lanes);
            }
        }
    }

    template <std::size_t M>
    static TERNION_NOINLINE void multiply(const std::uint8_t* tile, std::size_t steps, const std::int8_t* x,
                                          std::size_t ld, std::int32_t* sums) noexcept {
        Accumulators<M> sum;
        unroll<M * width>([&](auto i) TERNION_INLINE_LAMBDA { sum[i] = B::narrow_zero(); });
        add<M>(tile, steps, x, ld, sum);
        unroll<M * width>([&](auto i) TERNION_INLINE_LAMBDA {
            std::int32_t* out = sums + (i / width) * rows + (i % width) * B::lanes;
            B::store_wide(out, B::template fold<0>(B::load_wide(out), sum[i]));
        });
    }
};

}  // namespace TERNION_ABI
}  // namespace ternion
