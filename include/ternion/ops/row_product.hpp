#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../packing/packing.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "activation_tail.hpp"
#include "kernel_path.hpp"
#include "results.hpp"
#include "row_kernel.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// A product of a packing whose rows are unpacked first, for some rows of W on one thread: every packing has it. Blocks
/// lie on the stack.
template <class B, Packing P>
class RowProduct {
 public:
    static constexpr KernelPath path = SimdUnpacking<P, B> ? KernelPath::unpack_simd : KernelPath::unpack;
    static constexpr std::size_t step = RowKernel<B>::rows;  // of rows that belong together

    RowProduct(const TernaryView<P>& w, const ActivationView& x, const Results& results) noexcept
        : w_(w), x_(x), results_(results) {}

    void run(RowRange rows) noexcept {
        for (std::size_t m = 0; m < x_.m; m += block_tokens)
            multiply_block(rows, m, std::min(x_.m - m, block_tokens));
    }

 private:
    using Kernel = RowKernel<B>;
    static constexpr std::size_t block_tokens = 64;
    static constexpr std::size_t block_inputs = 4096;
    using Tail = ActivationTail<block_tokens>;
    static_assert(block_inputs % B::bytes == 0 && B::bytes <= Tail::inputs);

    void multiply_block(RowRange rows, std::size_t m, std::size_t tokens) const noexcept {
        const std::size_t full = x_.k / B::bytes * B::bytes;
        Tail tail;
        if (full != x_.k) tail.fill(x_, m, tokens, full);
        alignas(64) std::uint8_t codes[Kernel::rows * block_inputs] = {};
        for (std::size_t row = rows.begin; row < rows.end; row += Kernel::rows) {
            alignas(64) std::int32_t sums[block_tokens * Kernel::rows] = {};
            const std::size_t count = std::min(Kernel::rows, rows.end - row);
            for (std::size_t k = 0; k < x_.k; k += block_inputs) {
                const std::size_t inputs = std::min(block_inputs, x_.k - k);
                for (std::size_t r = 0; r < count; ++r)
                    unpack_row<B>(w_, row + r, k, inputs, codes + r * block_inputs);
                const std::size_t whole = inputs / B::bytes;
                Kernel::run(codes, block_inputs, x_.q + m * x_.ld + k, x_.ld, tokens, whole, sums);
                if (whole * B::bytes != inputs) {
                    Kernel::run(codes + whole * B::bytes, block_inputs, tail.q[0], Tail::inputs, tokens, 1, sums);
                }
            }
            results_.write<Kernel::rows>(m, tokens, row, {row, row + count}, sums);
        }
    }

    TernaryView<P> w_;
    const ActivationView& x_;
    const Results& results_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
