#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "../core/config.hpp"
#include "../tensor/activations.hpp"
#include "epilogue.hpp"

namespace ternion {

/// A range of rows of W, and so of columns of Y: begin .. end - 1.
struct RowRange {
    std::size_t begin = 0;
    std::size_t end = 0;
};

inline namespace TERNION_ABI {

/// Y as the products see it. The type of the results is behind a function, called once for a block of sums: so the
/// kernels of a packing are compiled once, not once for each type.
class Results {
 public:
    /// `out` and `x` must outlive this.
    template <ResultType Out>
    Results(const Output<Out>& out, float w_scale, const ActivationView& x) noexcept
        : out_(&out),
          x_(&x),
          w_scale_(w_scale),
          first_(reinterpret_cast<const std::byte*>(out.data)),
          row_bytes_(out.ld * sizeof(Out)),
          value_bytes_(sizeof(Out)),
          write_(write_as<Out>) {}

    /// Writes those of the sums [tokens][Stride] that lie in `rows`; Rows of them each, from token m and row `first`
    /// on.
    template <std::size_t Rows, std::size_t Stride = Rows>
    void write(std::size_t m, std::size_t tokens, std::size_t first, RowRange rows,
               const std::int32_t* sums) const noexcept {
        const std::size_t begin = std::max(first, rows.begin);
        const std::size_t end = std::min(first + Rows, rows.end);
        write_(*this, {m, tokens, begin, end - begin, sums + (begin - first), Stride});
    }

    /// Asks for the lines that such a write will touch: rows of Y lie far apart, and each would wait for memory.
    template <class B, std::size_t Rows>
    void prefetch(std::size_t m, std::size_t tokens, std::size_t first, RowRange rows) const noexcept {
        const std::size_t begin = std::max(first, rows.begin) * value_bytes_;
        const std::size_t end = std::min(first + Rows, rows.end) * value_bytes_;
        for (const std::byte* row = first_ + m * row_bytes_; tokens != 0; --tokens, row += row_bytes_) {
            for (std::size_t at = begin; at < end; at += 64)
                B::prefetch(row + at);
        }
    }

 private:
    struct Block {
        std::size_t m, tokens, n, count;
        const std::int32_t* sums;
        std::size_t stride;
    };

    template <ResultType Out>
    static void write_as(const Results& results, const Block& block) noexcept {
        const auto write = [&](std::size_t count) TERNION_INLINE_LAMBDA {
            const auto& out = *static_cast<const Output<Out>*>(results.out_);
            const std::int32_t* sums = block.sums;
            for (std::size_t t = 0; t < block.tokens; ++t, sums += block.stride)
                write_results(out, results.w_scale_, *results.x_, block.m + t, block.n, sums, count);
        };
        switch (block.count) {  // constants, so no loops
            case 64:
                return write(64);
            case 16:
                return write(16);
            default:
                return write(block.count);
        }
    }

    const void* out_;
    const ActivationView* x_;
    float w_scale_;
    const std::byte* first_;
    std::size_t row_bytes_;
    std::size_t value_bytes_;
    void (*write_)(const Results&, const Block&) noexcept;
};

}  // namespace TERNION_ABI
}  // namespace ternion
