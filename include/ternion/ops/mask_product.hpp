#pragma once

// The product of packings of bit planes (packing/plane_rows.hpp). It multiplies nothing: with u = x + 128, an unsigned
// byte, each input adds
//
//   trit   +1    u = 128 + x
//           0    128
//          -1    255 - u = 127 - x        the complement: -x + 128 might not fit in a byte
//
// which machines sum up fast, and what is too much, 128 an input less the number of negative weights, is known.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/unroll.hpp"
#include "../packing/plane_rows.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "row_product.hpp"

namespace ternion {
inline namespace TERNION_ABI {

template <class B, class P>
struct MaskKernel {
    static constexpr std::size_t rows = 4;
    static constexpr std::size_t tokens = 2;  // that share the masks
    using Rows = std::array<const std::byte*, rows>;

    /// sums[m][row] += the sum above over `blocks` blocks of 64 inputs. Row m of x begins at x + m * ld. The lines that
    /// lie `ahead` bytes further will be read next.
    static void run(const Rows& w, std::size_t blocks, std::size_t ahead, const std::int8_t* x, std::size_t ld,
                    std::size_t m, std::int32_t* sums) noexcept {
        for (; m >= tokens; m -= tokens, x += tokens * ld, sums += tokens * rows)
            run_tokens<tokens>(w, blocks, ahead, x, ld, sums);
        for (; m > 0; --m, x += ld, sums += rows)
            run_tokens<1>(w, blocks, ahead, x, ld, sums);
    }

    /// What has to be added to the sums over `blocks` blocks of a row.
    static std::uint32_t correction(const std::byte* row, std::size_t blocks) noexcept {
        return P::count_negative(row, blocks) - static_cast<std::uint32_t>(128 * P::block_inputs * blocks);
    }

 private:
    template <std::size_t M>
    static TERNION_NOINLINE void run_tokens(const Rows& w, std::size_t blocks, std::size_t ahead, const std::int8_t* x,
                                            std::size_t ld, std::int32_t* sums) noexcept {
        std::array<typename B::Wide, M * rows> sum;
        unroll<M * rows>([&](auto i) TERNION_INLINE_LAMBDA { sum[i] = B::wide_zero(); });
        for (std::size_t b = 0; b < blocks; ++b, x += P::block_inputs) {
            unroll<P::block_inputs / B::bytes>([&](auto part) TERNION_INLINE_LAMBDA {
                std::array<typename B::Bytes, M> u;
                unroll<M>([&](auto m) TERNION_INLINE_LAMBDA {
                    u[m] = B::load(x + m * ld + part * B::bytes);
                    if constexpr (!P::has_zeros) u[m] = B::add(u[m], B::splat(128));
                });
                unroll<rows>([&](auto r) TERNION_INLINE_LAMBDA {
                    const std::byte* block = w[r] + b * P::block_bytes;
                    if constexpr (part == 0) B::prefetch(block + ahead);
                    add<part, M>(block, u, sum.data() + r * M);
                });
            });
        }
        unroll<M * rows>([&](auto i) TERNION_INLINE_LAMBDA {
            std::int32_t& out = sums[i % M * rows + i / M];
            out = static_cast<std::int32_t>(static_cast<std::uint32_t>(out) + B::sum(sum[i]));
        });
    }

    template <std::size_t Part, std::size_t M>
    static TERNION_INLINE void add(const std::byte* block, const std::array<typename B::Bytes, M>& u,
                                   typename B::Wide* sum) noexcept {
        constexpr std::size_t place = Part * B::bytes / 8;
        const auto negative = B::load_mask(block + P::sign_place + place);
        unroll<M>([&](auto m) TERNION_INLINE_LAMBDA {
            auto terms = u[m];
            if constexpr (P::has_zeros) terms = B::add_where(B::load_mask(block + place), B::splat(128), u[m]);
            sum[m] = B::add_bytes(sum[m], B::flip_where(negative, terms, B::splat(255)));
        });
    }
};

/// A product of a packing of bit planes, for some rows of W on one thread: few tokens by additions under masks; more by
/// rows that are unpacked once for all of them, which takes two masked additions a register and then a dot product a
/// token. In GMAC/s, by masks and by unpacked rows (640 x 2560 in cache, one thread, g++ 12):
///
///                  BitPlanes, M = 1   M = 2     Binary, M = 1   M = 2    M = 4
///   AVX-512 VNNI   53, 46             56, 63    74, 49          78, 67   103, 107
///   AVX2           29, 25             42, 44    45, 38          65, 62   72, 85
///   SSE2           8, 11              11, 18    9, 16           13, 23   16, 28
template <class B, class P, std::size_t FewTokens = P::has_zeros ? 1 : 2>
class MaskProduct {
 public:
    MaskProduct(const TernaryView<P>& w, const ActivationView& x, const Results& results) noexcept
        : w_(w), x_(x), results_(results) {}

    void run(RowRange rows) noexcept {
        if (x_.m > FewTokens) return RowProduct<B, P>(w_, x_, results_).run(rows);
        Tail tail;
        const std::size_t full = x_.k / P::block_inputs;
        if (x_.k % P::block_inputs != 0) tail.fill(x_, 0, x_.m, full * P::block_inputs);
        for (std::size_t row = rows.begin; row < rows.end; row += Kernel::rows)
            multiply_rows(row, (std::min)(Kernel::rows, rows.end - row), full, tail);
    }

 private:
    using Kernel = MaskKernel<B, P>;
    using Tail = ActivationTail<FewTokens>;

    void multiply_rows(std::size_t row, std::size_t count, std::size_t full, const Tail& tail) const noexcept {
        const std::size_t row_bytes = P::row_bytes(w_.shape());
        const std::size_t ahead = Kernel::rows * row_bytes;
        const std::size_t blocks = P::blocks(w_.shape());
        typename Kernel::Rows w;
        std::int32_t sums[FewTokens * Kernel::rows];
        for (std::size_t r = 0; r < Kernel::rows; ++r) {
            w[r] = w_.data() + (row + (std::min)(r, count - 1)) * row_bytes;  // nothing lies beyond the last row
            const std::uint32_t correction = Kernel::correction(w[r], blocks);
            for (std::size_t m = 0; m < x_.m; ++m) {
                const auto bias = static_cast<std::uint32_t>(x_.sums[m]);  // which the epilogue subtracts
                sums[m * Kernel::rows + r] = static_cast<std::int32_t>(correction + bias);
            }
        }
        Kernel::run(w, full, ahead, x_.q, x_.ld, x_.m, sums);
        if (blocks != full) {
            for (auto& rest : w)
                rest += full * P::block_bytes;
            Kernel::run(w, 1, ahead, tail.q[0], Tail::inputs, x_.m, sums);
        }
        results_.write<Kernel::rows>(0, x_.m, row, {row, row + count}, sums);
    }

    TernaryView<P> w_;
    const ActivationView& x_;
    const Results& results_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
