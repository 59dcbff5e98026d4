#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../packing/plane_rows.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "activation_tail.hpp"
#include "kernel_path.hpp"
#include "mask_kernel.hpp"
#include "results.hpp"
#include "row_product.hpp"

namespace ternion {
inline namespace TERNION_ABI {

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
    static constexpr KernelPath path = KernelPath::mask;
    static constexpr std::size_t step = MaskKernel<B, P>::rows;  // of rows that belong together

    MaskProduct(const TernaryView<P>& w, const ActivationView& x, const Results& results) noexcept
        : w_(w), x_(x), results_(results) {}

    void run(RowRange rows) noexcept {
        if (x_.m > FewTokens) return RowProduct<B, P>(w_, x_, results_).run(rows);
        Tail tail;
        const std::size_t full = x_.k / P::block_inputs;
        if (x_.k % P::block_inputs != 0) tail.fill(x_, 0, x_.m, full * P::block_inputs);
        for (std::size_t row = rows.begin; row < rows.end; row += Kernel::rows)
            multiply_rows(row, std::min(Kernel::rows, rows.end - row), full, tail);
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
            w[r] = w_.data() + (row + std::min(r, count - 1)) * row_bytes;  // nothing lies beyond the last row
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
