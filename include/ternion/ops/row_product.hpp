#pragma once

// The product that every packing has: rows are unpacked to one byte a code, K of them side by side, and multiplied
// along K. The register tile shares each load of codes among tokens and each load of activations among rows.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../core/unroll.hpp"
#include "../packing/packing.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "tile_product.hpp"
#include "unpack_row.hpp"

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
            const std::size_t end = (std::min)(count, c + block) * B::bytes;
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

/// A product of a packing whose rows are unpacked first, for some rows of W on one thread: every packing has it. Blocks
/// lie on the stack.
template <class B, Packing P>
class RowProduct {
 public:
    RowProduct(const TernaryView<P>& w, const ActivationView& x, const Results& results) noexcept
        : w_(w), x_(x), results_(results) {}

    void run(RowRange rows) noexcept {
        if (x_.m > few_tokens) return TileProduct<B, P>(w_, x_, results_).run(rows);
        multiply(rows);
    }

 private:
    using Kernel = RowKernel<B>;
    /// More are worth transposing what is unpacked.
    static constexpr std::size_t few_tokens = 40;
    static constexpr std::size_t block_inputs = 4096;
    using Tail = ActivationTail<few_tokens>;
    static_assert(block_inputs % B::bytes == 0 && B::bytes <= Tail::inputs);

    void multiply(RowRange rows) const noexcept {
        const std::size_t full = x_.k / B::bytes * B::bytes;
        Tail tail;
        if (full != x_.k) tail.fill(x_, 0, x_.m, full);
        alignas(64) std::uint8_t codes[Kernel::rows * block_inputs] = {};
        for (std::size_t row = rows.begin; row < rows.end; row += Kernel::rows) {
            alignas(64) std::int32_t sums[few_tokens * Kernel::rows] = {};
            const std::size_t count = (std::min)(Kernel::rows, rows.end - row);
            for (std::size_t k = 0; k < x_.k; k += block_inputs) {
                const std::size_t inputs = (std::min)(block_inputs, x_.k - k);
                for (std::size_t r = 0; r < count; ++r)
                    unpack_row<B>(w_, row + r, k, inputs, codes + r * block_inputs);
                const std::size_t whole = inputs / B::bytes;
                Kernel::run(codes, block_inputs, x_.q + k, x_.ld, x_.m, whole, sums);
                if (whole * B::bytes != inputs) {
                    Kernel::run(codes + whole * B::bytes, block_inputs, tail.q[0], Tail::inputs, x_.m, 1, sums);
                }
            }
            results_.write<Kernel::rows>(0, x_.m, row, {row, row + count}, sums);
        }
    }

    TernaryView<P> w_;
    const ActivationView& x_;
    const Results& results_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
