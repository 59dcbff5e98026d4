#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "../core/executor.hpp"
#include "../packing/packing.hpp"
#include "../simd/isa.hpp"
#include "../tensor/activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"
#include "panel_kernel.hpp"
#include "row_kernel.hpp"
#include "tile_kernel.hpp"

namespace ternion {

/// A range of rows of W, and so of columns of Y: begin .. end - 1.
struct RowRange {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// How a packing is multiplied with a backend. Detection of optional members fails silently, so tests assert the path
/// and benchmarks print it.
enum class KernelPath { unpack, unpack_simd, panel };

inline namespace TERNION_ABI {

/// The path that multiplications of packing P take on Arch.
template <Packing P, class Arch = default_arch>
inline constexpr KernelPath kernel_path = [] {
    using B = backend_of<Arch>;
    if constexpr (PanelPacking<P, B>) return KernelPath::panel;
    if constexpr (requires(Shape s, const std::byte* d, std::uint8_t* c) {
                      P::template unpack_simd<B>(s, d, 0, 0, 0, c);
                  }) {
        return KernelPath::unpack_simd;
    }
    return KernelPath::unpack;
}();

/// One multiplication, Y[M,N] = X[M,K] · W[N,K]ᵀ, for some rows of W, on one thread. Works in blocks that fit on the
/// stack, so it allocates nothing; activations need no padding, the last inputs are copied to a padded block.
template <class B, class P, ResultType Out>
class Multiply {
 public:
    Multiply(TernaryView<P> w, const ActivationView& x, const Output<Out>& out) noexcept : w_(w), x_(x), out_(out) {}

    void panels(RowRange rows) noexcept {
        const std::size_t block = x_.m <= few_limit ? few_limit : block_of_tokens();
        for (std::size_t m = 0; m < x_.m; m += block) {
            const std::size_t tokens = std::min(x_.m - m, block);
            tokens <= few_limit ? few_by_panel(rows, m, tokens) : many_by_tile(rows, m, tokens);
        }
    }

    template <KernelPath Path>
    void rows(RowRange rows) noexcept {
        for (std::size_t m = 0; m < x_.m; m += row_tokens)
            by_rows<Path>(rows, m, std::min(x_.m - m, row_tokens));
    }

    static constexpr std::size_t few_tokens = 48;  // up to here the panel kernel decodes anew for each block of tokens,
    static constexpr std::size_t few_limit =
        B::registers > 16 ? few_tokens : 6;          // if it has registers for large blocks
    static constexpr std::size_t many_tokens = 264;  // of the tile kernel, at most; a multiple of its 6 or 4
    static constexpr std::size_t many_bytes = std::size_t{1}
                                              << 20;  // of activations, that they stay in the second cache
    static constexpr std::size_t row_tokens = 64;
    static constexpr std::size_t row_inputs = 4096;
    static constexpr std::size_t tile_inputs = 512;
    static constexpr std::size_t tail_inputs = 64;

 private:
    /// Tokens that the tile kernel takes at once: blocks of equal size, as large as the caches allow.
    std::size_t block_of_tokens() const noexcept {
        const std::size_t most = std::clamp<std::size_t>(many_bytes / x_.k, 2 * few_tokens, many_tokens);
        return round_up(ceil_div(x_.m, ceil_div(x_.m, most)), std::size_t{12});
    }

    /// Activations of some tokens from input `full` to K, padded with zeros: for the last, partial step along K.
    template <std::size_t Tokens>
    struct Tail {
        alignas(64) std::int8_t q[Tokens][tail_inputs];

        void fill(const ActivationView& x, std::size_t m, std::size_t tokens, std::size_t full) noexcept {
            for (std::size_t t = 0; t < tokens; ++t) {
                std::memset(q[t], 0, tail_inputs);
                std::memcpy(q[t], x.q + (m + t) * x.ld + full, x.k - full);
            }
        }
    };

    /// Hands those of `Rows` rows, from first_row on, that lie in the range to the epilogue.
    template <std::size_t Rows>
    void finish(std::size_t m, std::size_t tokens, std::size_t first_row, RowRange rows,
                const std::int32_t* sums) const noexcept {
        const std::size_t begin = std::max(first_row, rows.begin);
        const std::size_t end = std::min(first_row + Rows, rows.end);
        for (std::size_t t = 0; t < tokens; ++t, sums += Rows) {
            if (end - begin == Rows) {
                write_results(out_, w_.scale(), x_, m + t, begin, sums, Rows);  // a constant, so no loop
            } else {
                write_results(out_, w_.scale(), x_, m + t, begin, sums + (begin - first_row), end - begin);
            }
        }
    }

    void few_by_panel(RowRange rows, std::size_t m, std::size_t tokens) const noexcept {
        Tail<few_tokens> tail;
        if (x_.k % P::chunk_inputs != 0) tail.fill(x_, m, tokens, x_.k / P::chunk_inputs * P::chunk_inputs);
        std::size_t row = rows.begin / P::panel_rows * P::panel_rows;
        if (B::registers > 16) {
            for (; row + P::panel_rows < rows.end; row += 2 * P::panel_rows)
                some_panels<2>(rows, row, m, tokens, tail);
        }
        for (; row < rows.end; row += P::panel_rows)
            some_panels<1>(rows, row, m, tokens, tail);
    }

    /// R panels from `row` on.
    template <std::size_t R>
    void some_panels(RowRange rows, std::size_t row, std::size_t m, std::size_t tokens,
                     const Tail<few_tokens>& tail) const noexcept {
        static_assert(P::chunk_inputs <= tail_inputs);
        const std::size_t full = x_.k / P::chunk_inputs;
        const std::size_t stride = P::panel_bytes(w_.shape());
        const std::byte* panel = w_.data() + row / P::panel_rows * stride;
        alignas(64) std::int32_t sums[few_tokens * R * P::panel_rows];
        run_panels<B, P, R>(panel, stride, full, x_.q + m * x_.ld, x_.ld, tokens, sums, false);
        if (x_.k % P::chunk_inputs != 0) {
            run_panels<B, P, R>(panel + full * P::chunk_bytes, stride, 1, tail.q[0], tail_inputs, tokens, sums, true);
        }
        finish<R * P::panel_rows>(m, tokens, row, rows, sums);
    }

    void many_by_tile(RowRange rows, std::size_t m, std::size_t tokens) const noexcept {
        using Kernel = TileKernel<B>;
        constexpr std::size_t step = P::chunk_inputs;
        const std::size_t full = x_.k / step;
        const bool ragged = x_.k % step != 0;
        Tail<many_tokens> tail;
        if (ragged) tail.fill(x_, m, tokens, full * step);
        alignas(64) std::int32_t sums[many_tokens * Kernel::rows];
        for (std::size_t row = rows.begin / P::panel_rows * P::panel_rows; row < rows.end; row += Kernel::rows) {
            std::fill_n(sums, tokens * Kernel::rows, 0);
            bool last = false;
            const auto finish_these = [&](std::size_t first, std::size_t count) TERNION_INLINE_LAMBDA {
                if (!last) return;
                const std::size_t next = first + count;
                prefetch_results<Kernel::rows>(m + next, std::min(Kernel::tokens, tokens - next), row, rows);
                finish<Kernel::rows>(m + first, count, row, rows, sums + first * Kernel::rows);
            };
            for (std::size_t c = 0; c < full; c += tile_chunks) {
                const std::size_t chunks = std::min(tile_chunks, full - c);
                last = !ragged && c + chunks == full;
                multiply_tile(row, rows.end, c, chunks, x_.q + m * x_.ld + c * step, x_.ld, tokens, sums, finish_these);
            }
            last = true;
            if (ragged) multiply_tile(row, rows.end, full, 1, tail.q[0], tail_inputs, tokens, sums, finish_these);
        }
    }

    /// Rows of Y lie far apart, and each write of a few lines would wait for memory.
    template <std::size_t Rows>
    void prefetch_results(std::size_t m, std::size_t tokens, std::size_t first_row, RowRange rows) const noexcept {
        constexpr std::size_t line = 64 / sizeof(Out);
        const std::size_t end = std::min(first_row + Rows, rows.end);
        for (std::size_t t = m; t < m + tokens; ++t) {
            for (std::size_t n = std::max(first_row, rows.begin); n < end; n += line)
                B::prefetch(out_.data + t * out_.ld + n);
        }
    }

    static constexpr std::size_t tile_chunks = tile_inputs / [] {
        if constexpr (PanelPacking<P, B>) {
            return P::chunk_inputs;
        } else {
            return std::size_t{1};
        }
    }();

    template <class Done>
    void multiply_tile(std::size_t row, std::size_t end, std::size_t chunk, std::size_t chunks, const std::int8_t* x,
                       std::size_t ld, std::size_t tokens, std::int32_t* sums, Done&& done) const noexcept {
        using Kernel = TileKernel<B>;
        alignas(64) std::uint8_t tile[tile_chunks * P::quads * Kernel::quad_bytes];
        const std::size_t stride = P::panel_bytes(w_.shape());
        const std::size_t panels = ceil_div(std::min(Kernel::rows, end - row), P::panel_rows);
        const bool last = (chunk + chunks) * P::chunk_inputs >= x_.k;
        const std::byte* panel = w_.data() + row / P::panel_rows * stride;
        const std::byte* next = last ? panel + Kernel::rows / P::panel_rows * stride  //
                                     : panel + (chunk + chunks) * P::chunk_bytes;
        for (std::size_t p = 0; p < Kernel::rows / P::panel_rows; ++p) {
            // Rows past the end multiply whatever panel is last; finish() leaves them out.
            const std::size_t at = std::min(p, panels - 1) * stride;
            decode_panel<B, P>(panel + at + chunk * P::chunk_bytes, next + at, chunks, tile + p * P::chunk_bytes);
        }
        Kernel::run(tile, chunks * P::quads, x, ld, tokens, sums, done);
    }

    template <KernelPath Path>
    void unpack_row(std::size_t row, std::size_t k, std::size_t count, std::uint8_t* codes) const noexcept {
        if constexpr (Path == KernelPath::unpack_simd) {
            P::template unpack_simd<B>(w_.shape(), w_.data(), row, k, count, codes);
        } else {
            P::unpack(w_.shape(), w_.data(), row, k, count, codes);
        }
    }

    template <KernelPath Path>
    void by_rows(RowRange rows, std::size_t m, std::size_t tokens) const noexcept {
        using Kernel = RowKernel<B>;
        static_assert(row_inputs % B::bytes == 0 && B::bytes <= tail_inputs);
        const std::size_t full = x_.k / B::bytes * B::bytes;
        Tail<row_tokens> tail;
        if (full != x_.k) tail.fill(x_, m, tokens, full);
        alignas(64) std::uint8_t codes[Kernel::rows * row_inputs] = {};
        for (std::size_t row = rows.begin; row < rows.end; row += Kernel::rows) {
            alignas(64) std::int32_t sums[row_tokens * Kernel::rows] = {};
            const std::size_t count = std::min(Kernel::rows, rows.end - row);
            for (std::size_t k = 0; k < x_.k; k += row_inputs) {
                const std::size_t inputs = std::min(row_inputs, x_.k - k);
                for (std::size_t r = 0; r < count; ++r)
                    unpack_row<Path>(row + r, k, inputs, codes + r * row_inputs);
                const std::size_t whole = inputs / B::bytes;
                Kernel::run(codes, row_inputs, x_.q + m * x_.ld + k, x_.ld, tokens, whole, sums);
                if (whole * B::bytes != inputs) {
                    Kernel::run(codes + whole * B::bytes, row_inputs, tail.q[0], tail_inputs, tokens, 1, sums);
                }
            }
            finish<Kernel::rows>(m, tokens, row, {row, row + count}, sums);
        }
    }

    TernaryView<P> w_;
    const ActivationView& x_;
    const Output<Out>& out_;
};

/// Y[M,N] = X[M,K] · W[N,K]ᵀ for a range of rows of W, on the executor's threads: the full form that gemv and gemm
/// call, for engines with buffers of their own. Shapes are preconditions (x.k = w.cols(), rows within w.rows(), out.ld
/// >= rows.end); column n of Y is row n of W, whatever the range. x, w and out must not overlap, but out may be its own
/// residual. Exact: the sums are those of the integers, whatever the packing, arch, executor or batch. Allocates
/// nothing.
template <class Arch = default_arch, Packing P, ResultType Out, class E = Serial>
void multiply(TernaryView<P> w, const ActivationView& x, RowRange rows, const Output<Out>& out, E&& executor = {}) {
    TERNION_ASSERT(x.k == w.cols() && x.ld >= x.k);
    TERNION_ASSERT(rows.begin <= rows.end && rows.end <= w.rows() && out.ld >= rows.end);
    TERNION_ASSERT(x.m == 0 || x.scales != nullptr || (std::same_as<Out, std::int32_t>));
    using B = backend_of<Arch>;
    constexpr KernelPath path = kernel_path<P, Arch>;
    constexpr std::size_t step = path == KernelPath::panel ? 16 : RowKernel<B>::rows;
    const std::size_t first = rows.begin / step * step;
    split(rows.end - first, step, executor, [&](std::size_t begin, std::size_t end) {
        const RowRange part{std::max(first + begin, rows.begin), first + end};
        Multiply<B, P, Out> multiplication(w, x, out);
        if constexpr (path == KernelPath::panel) {
            multiplication.panels(part);
        } else {
            multiplication.template rows<path>(part);
        }
    });
}

}  // namespace TERNION_ABI
}  // namespace ternion
