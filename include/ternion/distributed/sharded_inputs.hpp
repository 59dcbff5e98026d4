#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "../core/aligned_buffer.hpp"
#include "../core/executor.hpp"
#include "../ops/weights.hpp"
#include "../tensor/ternary_bytes.hpp"
#include "communicator.hpp"
#include "serial_executor.hpp"

namespace ternion {
namespace detail {

/// A matrix of any kind as bytes, for its scales.
template <class W>
TernaryBytes bytes_of_weights(const W& w) {
    if constexpr (std::convertible_to<const W&, TernaryBytes>) {
        return w;
    } else {
        return w.view();
    }
}

}  // namespace detail

inline namespace TERNION_ABI {

/// A matrix W[N,K] of which each rank has the columns of some inputs, W[N, own K]: a model of the concept Weights whose
/// inputs are this rank's. A product adds up the ranks' exact int32 sums and then dequantises, once: Y[M,N] is whole on
/// every rank, and has the bits that one process gives for inputs quantised by one scale a token, which ShardedAbsmax
/// does. One scale for the tensor or for each row, the same on all ranks; scales in groups of inputs would be sums of
/// floats, so they are refused. Every rank makes the same calls on one thread; the threads are those of `executor`, as
/// with ShardedRows. Throws std::invalid_argument for scales in groups, of weights and of activations.
template <class W, Communicator C, class E = Serial>
class ShardedInputs {
 public:
    /// `ranks` and `executor` must outlive this.
    ShardedInputs(W own, C& ranks, E& executor = detail::serial)
        : own_(std::move(own)), ranks_(&ranks), executor_(&executor) {
        if (!weights_need_group_sums(own_)) return;
        TERNION_THROW(std::invalid_argument,
                      "ShardedInputs: expected one scale for the tensor or each row, found scales in groups of inputs");
    }

    [[nodiscard]] std::size_t rows() const noexcept { return own_.rows(); }
    /// This rank's.
    [[nodiscard]] std::size_t cols() const noexcept { return own_.cols(); }
    [[nodiscard]] const W& own() const noexcept { return own_; }

    template <ResultType Out>
    void multiply(const QuantizedActivations& x, RowRange rows, const Output<Out>& out) const {
        if (x.group_inputs() != 0)
            TERNION_THROW(std::invalid_argument, "ShardedInputs: expected one scale a token, found scales in groups");
        const std::size_t m = x.tokens(), n = own_.rows(), width = rows.end - rows.begin;
        sums_.resize(m * n);
        multiply_weights(own_, x, rows, Output<std::int32_t>{sums_.data(), n}, *executor_);
        for (std::size_t token = 0; width != n && token < m; ++token)
            std::copy_n(sums_.data() + token * n + rows.begin, width, sums_.data() + token * width);
        ranks_->all_reduce_sum(std::span(sums_.data(), m * width));

        none_.resize(m);
        std::fill(none_.begin(), none_.end(), 0);
        ActivationView exact = x.view();
        exact.sums = none_.data();  // they are subtracted already
        const TernaryBytes w = detail::bytes_of_weights(own_);
        Output<Out> scaled = out;
        if (scaled.row_scales == nullptr) scaled.row_scales = w.scales.floats();
        for (std::size_t token = 0; token < m; ++token)
            write_results(scaled, w.scale, exact, token, rows.begin, sums_.data() + token * width, width);
    }

 private:
    W own_;
    C* ranks_;
    E* executor_;
    mutable AlignedBuffer<std::int32_t> sums_, none_;
};

}  // namespace TERNION_ABI
}  // namespace ternion
