#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "../core/executor.hpp"
#include "../ops/weights.hpp"
#include "column_gather.hpp"
#include "serial_executor.hpp"

namespace ternion {
inline namespace TERNION_ABI {

/// A matrix W[N,K] of which each rank has some rows, as weights of any kind: a model of the concept Weights. A product
/// computes this rank's outputs and gathers all ranks': Y[M,N] is whole on every rank, with the bits that one process
/// gives, whatever the weights, scales and activations. Every rank has the same inputs, and makes the same calls on one
/// thread; the threads that share the work are those of `executor`, so a BitLinear of such weights is called with the
/// default, Serial. Not safe for several threads at once. Throws std::invalid_argument where `own`, which is empty on a
/// rank without rows, doesn't have this rank's rows or K inputs.
template <class W, Communicator C, class E = Serial>
class ShardedRows {
 public:
    /// `ranks` and `executor` must outlive this.
    ShardedRows(std::optional<W> own, std::size_t inputs, Shares rows, C& ranks, E& executor = detail::serial)
        : own_(std::move(own)), inputs_(inputs), shares_(std::move(rows)), ranks_(&ranks), executor_(&executor) {
        const std::size_t expected = shares_.size(ranks.rank());
        const Shape found = own_ ? Shape{own_->rows(), own_->cols()} : Shape{0, inputs};
        if (shares_.ranks() == ranks.size() && found == Shape{expected, inputs}) return;
        TERNION_THROW(std::invalid_argument,
                      "ShardedRows: rank " + std::to_string(ranks.rank()) + " of " + std::to_string(shares_.ranks()) +
                          " has " + to_string(Shape{expected, inputs}) + " weights, not " + to_string(found));
    }

    [[nodiscard]] std::size_t rows() const noexcept { return shares_.count(); }
    [[nodiscard]] std::size_t cols() const noexcept { return inputs_; }
    /// This rank's part; empty where it has none.
    [[nodiscard]] const std::optional<W>& own() const noexcept { return own_; }
    [[nodiscard]] bool needs_group_sums() const noexcept { return own_ && weights_need_group_sums(*own_); }

    template <class X, ResultType Out>
    requires(Weights<W, X>)
    void multiply(const X& x, RowRange rows, const Output<Out>& out) const {
        const std::size_t rank = ranks_->rank(), first = shares_.begin(rank);
        const auto within = [&](std::size_t row) { return std::clamp(row, rows.begin, rows.end) - rows.begin; };
        const RowRange mine{within(first), within(shares_.end(rank))};  // of the rows asked for
        const std::size_t m = x.tokens(), width = mine.end - mine.begin;
        part_.resize(m * width * sizeof(Out));
        auto* const part = reinterpret_cast<Out*>(part_.data());
        if (width != 0) {
            // The product writes column n of this rank's rows: all of them, of which the range may be a part.
            const std::size_t begin = rows.begin + mine.begin - first, whole = own_->rows();
            whole_.resize(m * whole * sizeof(Out));
            auto* const all = reinterpret_cast<Out*>(whole_.data());
            Output<Out> own{all, whole, out.residual, out.residual_ld, out.row_scales};
            if (own.residual != nullptr) own.residual += first;
            if (own.row_scales != nullptr) own.row_scales += first;
            multiply_weights(*own_, x, {begin, begin + width}, own, *executor_);
            for (std::size_t token = 0; token < m; ++token)
                std::copy_n(all + token * whole + begin, width, part + token * width);
        }
        gather_.all(*ranks_, shares_.within(rows.begin, rows.end), m, std::span<const Out>(part, m * width),
                    out.data + rows.begin, out.ld);
    }

 private:
    std::optional<W> own_;
    std::size_t inputs_;
    Shares shares_;
    C* ranks_;
    E* executor_;
    mutable ColumnGather gather_;
    mutable AlignedBuffer<std::byte> whole_, part_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
