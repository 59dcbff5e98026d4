#pragma once

// The product of row-interleaved panels with tokens that have many zeros. Four neighbouring inputs of a panel meet in
// one dot product; those of which a token has only zeros are left out. Which two bits of a byte the codes of such a
// block lie at depends on the block's place in its chunk, and has to be known when the kernel is compiled: so blocks
// are sorted by place, within spans of K whose panels stay in the first cache.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "../core/config.hpp"
#include "../core/shape.hpp"
#include "../core/unroll.hpp"
#include "../packing/codes_at.hpp"
#include "../packing/panel.hpp"
#include "../tensor/sparse_activations.hpp"
#include "../tensor/ternary_view.hpp"
#include "epilogue.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// Whether zeros can be skipped: panels whose chunks are read as they are, once for each of the four codes of a byte.
template <class P, class B>
concept SkippablePanels = PanelPacking<P, B> && P::codes_per_byte == 4;

/// The blocks of one token in the order of the kernel: spans of 256 blocks, and in them the four places of a chunk.
class SortedBlocks {
 public:
    static constexpr std::size_t span_blocks = 256;
    static constexpr std::size_t places = 4;
    static constexpr std::size_t most_blocks = 4096;  // that aren't zero
    static constexpr std::size_t most_spans = 64;

    /// Whether a token of k inputs with so many blocks can be sorted here, on the stack.
    static bool fits(std::size_t k, std::size_t blocks) noexcept {
        return blocks <= most_blocks && k <= most_spans * span_blocks * SparseActivations::block_inputs;
    }

    explicit SortedBlocks(std::span<const std::uint32_t> blocks) noexcept {
        for (const std::uint32_t block : blocks)
            ++ends_[bucket_of(block)];
        std::uint32_t begin = 0;
        for (auto& end : ends_)
            begin += std::exchange(end, begin);
        for (const std::uint32_t block : blocks)
            chunks_[ends_[bucket_of(block)]++] = block / places;
        spans_ = blocks.empty() ? 0 : blocks.back() / span_blocks + 1;
    }

    [[nodiscard]] std::size_t spans() const noexcept { return spans_; }
    /// The chunks of the blocks at one place of a span.
    [[nodiscard]] std::span<const std::uint32_t> chunks(std::size_t span, std::size_t place) const noexcept {
        const std::size_t bucket = span * places + place;
        const std::size_t begin = bucket == 0 ? 0 : ends_[bucket - 1];
        return {chunks_.data() + begin, ends_[bucket] - begin};
    }

 private:
    static std::size_t bucket_of(std::uint32_t block) noexcept { return block / span_blocks * places + block % places; }

    std::size_t spans_ = 0;
    std::array<std::uint32_t, most_spans * places> ends_{};
    std::array<std::uint32_t, most_blocks> chunks_;
};

/// Whether tokens have so few blocks that skipping the others is faster than the dense kernels.
inline bool worth_skipping(const SparseActivations& x) noexcept {
    const std::size_t all = ceil_div(x.inputs(), SparseActivations::block_inputs);
    std::size_t found = 0;
    for (std::size_t m = 0; m < x.tokens(); ++m) {
        if (!SortedBlocks::fits(x.inputs(), x.blocks(m).size())) return false;
        found += x.blocks(m).size();
    }
    const std::size_t tenths = x.tokens() == 1 ? 6 : 3;
    return found * 10 <= all * x.tokens() * tenths;
}

template <class B, class P>
struct SparseKernel {
    static constexpr std::size_t parts = P::chunk_bytes / B::bytes;             // registers that read a chunk
    static constexpr std::size_t panels = std::max<std::size_t>(4 / parts, 1);  // at once
    static constexpr std::size_t registers = panels * parts;
    static constexpr std::size_t rows = panels * P::panel_rows;
    static constexpr std::size_t sets = 2;  // of accumulators, to hide the latency of a dot product
    static constexpr int unit = detail::whole_byte_codes<B> ? 8 : 2;
    // A bucket is at most a quarter of a span: no accumulator can wrap before it is folded.
    static_assert(SortedBlocks::span_blocks / 4 <= sets * B::fold_every(detail::highest_code(unit)));

    using Panels = std::array<const std::byte*, panels>;

    /// sums[rows] += codes · x over the blocks at one place.
    template <std::size_t Place>
    static TERNION_NOINLINE void run(const Panels& w, std::span<const std::uint32_t> chunks, const std::int8_t* x,
                                     std::int32_t* sums) noexcept {
        std::array<typename B::Narrow, sets * registers> sum;
        unroll<sum.size()>([&](auto i) TERNION_INLINE_LAMBDA { sum[i] = B::narrow_zero(); });
        std::size_t i = 0;
        for (; i + sets <= chunks.size(); i += sets) {
            unroll<sets>([&](auto s)
                             TERNION_INLINE_LAMBDA { add<Place>(w, chunks[i + s], x, sum.data() + s * registers); });
        }
        if (i < chunks.size()) add<Place>(w, chunks[i], x, sum.data());
        unroll<registers>([&](auto r) TERNION_INLINE_LAMBDA {
            constexpr int shift = P::place_of_code[Place] % unit;
            auto total = B::load_wide(sums + r * B::lanes);
            unroll<sets>([&](auto s)
                             TERNION_INLINE_LAMBDA { total = B::template fold<shift>(total, sum[s * registers + r]); });
            B::store_wide(sums + r * B::lanes, total);
        });
    }

 private:
    template <std::size_t Place>
    static TERNION_INLINE void add(const Panels& w, std::size_t chunk, const std::int8_t* x,
                                   typename B::Narrow* sum) noexcept {
        const auto four = B::broadcast4(x + chunk * P::chunk_inputs + 4 * Place);
        unroll<registers>([&](auto r) TERNION_INLINE_LAMBDA {
            const auto packed = B::load(w[r / parts] + chunk * P::chunk_bytes + r % parts * B::bytes);
            sum[r] = B::dot(sum[r], P::template field<B, Place, unit>(P::template split_bytes<B>(packed)), four);
        });
    }
};

/// One token with some rows of W on one thread.
template <class B, class P>
class SparseProduct {
 public:
    SparseProduct(const TernaryView<P>& w, const SparseActivations& x, std::size_t m, const Results& results) noexcept
        : w_(w), x_(x.row(m).data()), blocks_(x.blocks(m)), m_(m), results_(results) {}

    void run(RowRange rows) const noexcept {
        const std::size_t stride = P::panel_bytes(w_.shape());
        for (std::size_t row = rows.begin / P::panel_rows * P::panel_rows; row < rows.end; row += Kernel::rows) {
            const std::size_t count = (std::min)(Kernel::panels, ceil_div(rows.end - row, P::panel_rows));
            typename Kernel::Panels panels;
            for (std::size_t p = 0; p < Kernel::panels; ++p)  // nothing lies beyond the last one
                panels[p] = w_.data() + (row / P::panel_rows + (std::min)(p, count - 1)) * stride;
            alignas(64) std::int32_t sums[Kernel::rows] = {};
            for (std::size_t span = 0; span < blocks_.spans(); ++span) {
                unroll<SortedBlocks::places>([&](auto place) TERNION_INLINE_LAMBDA {
                    const auto chunks = blocks_.chunks(span, place);
                    if (!chunks.empty()) Kernel::template run<place>(panels, chunks, x_, sums);
                });
            }
            results_.template write<Kernel::rows>(m_, 1, row, rows, sums);
        }
    }

 private:
    using Kernel = SparseKernel<B, P>;

    TernaryView<P> w_;
    const std::int8_t* x_;
    SortedBlocks blocks_;
    std::size_t m_;
    const Results& results_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
