#pragma once

// The kernel of packings that aren't interleaved: rows are unpacked to one byte a code, K of them side by side, and
// multiplied along K. Its register tile shares each load of codes among tokens and each load of activations among rows.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/unroll.hpp"

namespace ternion {
inline namespace TERNION_ABI {

template <class B>
struct RowKernel {
    static constexpr std::size_t rows = 4;
    static constexpr std::size_t tokens = B::registers > 16 ? 4 : 2;

    /// sums[m][row] += codes · x over `count` registers' width of inputs. Row r of codes begins at codes + r * ldc;
    /// there are always 4 rows. Row m of x begins at x + m * ldx.
    static void run(const std::uint8_t* codes, std::size_t ldc, const std::int8_t* x, std::size_t ldx, std::size_t m,
                    std::size_t count, std::int32_t* sums) noexcept {
        for (; m >= tokens; m -= tokens, x += tokens * ldx, sums += tokens * rows) {
            run_tokens<tokens>(codes, ldc, x, ldx, count, sums);
        }
        for (; m > 0; --m, x += ldx, sums += rows)
            run_tokens<1>(codes, ldc, x, ldx, count, sums);
    }

 private:
    template <std::size_t M>
    static void run_tokens(const std::uint8_t* codes, std::size_t ldc, const std::int8_t* x, std::size_t ldx,
                           std::size_t count, std::int32_t* sums) noexcept {
        std::array<typename B::Wide, M * rows> total;
        unroll<M * rows>([&](auto i) TERNION_INLINE_LAMBDA { total[i] = B::wide_zero(); });
        constexpr std::size_t block = B::fold_every(2);
        for (std::size_t c = 0; c < count; c += block) {
            const std::size_t begin = c * B::bytes;
            const std::size_t end = std::min(count, c + block) * B::bytes;
            std::array<typename B::Narrow, M * rows> sum;
            unroll<M * rows>([&](auto i) TERNION_INLINE_LAMBDA { sum[i] = B::narrow_zero(); });
            for (std::size_t k = begin; k < end; k += B::bytes) {
                unroll<rows>([&](auto r) TERNION_INLINE_LAMBDA {
                    const auto w = B::load(codes + r * ldc + k);
                    unroll<M>([&](auto t) TERNION_INLINE_LAMBDA {
                        sum[t * rows + r] = B::dot(sum[t * rows + r], w, B::load(x + t * ldx + k));
                    });
                });
            }
            unroll<M * rows>([&](auto i) TERNION_INLINE_LAMBDA { total[i] = B::template fold<0>(total[i], sum[i]); });
        }
        unroll<M * rows>([&](auto i) TERNION_INLINE_LAMBDA {
            sums[i] = static_cast<std::int32_t>(static_cast<std::uint32_t>(sums[i]) + B::sum(total[i]));
        });
    }
};

}  // namespace TERNION_ABI
}  // namespace ternion
