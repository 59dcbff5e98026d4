#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <ternion/core/thread_pool.hpp>
#include <ternion/distributed/any_communicator.hpp>
#include <ternion/distributed/column_gather.hpp>
#include <ternion/runtime/any_quantizer.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include "layer_inputs.hpp"
#include "token_summary.hpp"

namespace bitnet {

/// Gathers the inputs of linear layers, of which each rank has some columns, as the int8 codes that they are rounded
/// to: a quarter of the bytes of floats, for one small collective more, in which the ranks learn a token's scale. The
/// activations are those that one process gets from the whole token, bit for bit.
class CodeGather {
 public:
    /// As InputStage::prepare with this norm, null where there is none, and this quantizer; `part` is [count, this
    /// rank's columns]. False, on all ranks, where floats are to be gathered instead: the kind of norm or quantizer
    /// wants them, they are quicker on this network, or the scale of a token isn't known (see `join`).
    bool run(ternion::AnyCommunicator& ranks, const ternion::Shares& columns, const InputNorm* norm,
             const InputQuantizer& quantizer, std::span<const float> part, std::size_t count,
             ternion::AnyActivations& out, ternion::ThreadPool& threads);

 private:
    bool measure(ternion::AnyCommunicator& ranks, const ternion::Shares& columns, const InputNorm* norm,
                 std::span<const float> part, ternion::ThreadPool& threads);
    void round(const InputQuantizer& quantizer, const InputNorm* norm, std::size_t first, std::span<const float> part,
               ternion::QuantizedActivations& out, ternion::ThreadPool& threads);

    std::vector<TokenSummary> summaries_;  // [ranks, tokens]
    std::vector<TokenSummary> of_token_;
    std::vector<TokenScaling> scalings_;
    ternion::AlignedBuffer<float> normed_;       // of this rank, with a value more for each token
    ternion::AlignedBuffer<std::int8_t> codes_;  // the same
    ternion::ColumnGather gather_;
    std::vector<std::size_t> ends_;
};

}  // namespace bitnet
