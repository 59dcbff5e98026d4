#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <ternion/distributed/column_gather.hpp>
#include <ternion/ternion.hpp>
#include <vector>

#include <ternion/core/thread_pool.hpp>
#include "attention.hpp"
#include "code_gather.hpp"
#include "kv_cache.hpp"
#include "part_clock.hpp"
#include "rope.hpp"
#include "weights.hpp"
#include "zero_counts.hpp"
#include "zero_skipping.hpp"

namespace bitnet {

/// Tokens that follow those in a sequence's cache.
struct Sequence {
    std::span<const int> tokens;
    KvCache* cache;
};

/// Runs tokens through the model. The weights and the sequences' KV caches are the caller's; the decoder only owns its
/// working memory, which grows to the largest number of tokens and is then reused. Tokens of a sequence at once give,
/// bit for bit, what they give one by one, while all numbers are finite. Where the weights are one rank's share of a
/// model, all ranks make the same calls, and have the same vectors afterwards, with the bits of one process.
class Decoder {
 public:
    /// So many of a sequence's last vectors are kept, for drafts of fewer tokens.
    static constexpr std::size_t kept_rows = 8;

    /// `weights` and `threads` must outlive the decoder.
    Decoder(const Weights& weights, ternion::ThreadPool& threads);

    const Config& config() const { return weights_.config; }

    /// Appends tokens to one sequence or several, each of which comes once; the weights are read once for all. Throws
    /// std::invalid_argument for an id that is none, and std::length_error where a cache has no room. `between` is
    /// called before each layer, on several ranks for more than 8 tokens only, and may throw, to give up; that of rank
    /// 0 alone counts, and the others then throw GivenUp. The sequences are unchanged after an exception.
    void forward(std::span<const Sequence> sequences, const std::function<void()>& between = {});
    void forward(std::span<const int> tokens, KvCache& cache, const std::function<void()>& between = {});

    /// Thrown on other ranks where rank 0 gives up.
    struct GivenUp {};

    /// Logits of what follows the last token of the last call, of this rank's tokens; valid until the next call. This
    /// and the next throw std::out_of_range for a token that the last call didn't have.
    std::span<const float> logits();
    /// Logits [count, vocab] of what follows tokens `first` and following of the last call, in the order of its
    /// sequences.
    void logits(std::size_t first, std::size_t count, std::span<float> out);
    /// The vectors that the head multiplies, [count, hidden], of all tokens of the last call; valid until the next.
    std::span<const float> hidden() const { return {h_.data(), h_.size()}; }

    /// From now on, adds what each layer's feed-forward part meets to the counts of all layers; null: no more.
    void count_zeros(std::vector<ZeroCounts>* counts);

    /// Throws std::invalid_argument for an id that is none.
    void check(std::span<const int> tokens) const;

    /// Of all parts but the head, which is the caller's.
    PartClock& clock() { return clock_; }

 private:
    using Floats = ternion::AlignedBuffer<float>;

    void check(std::span<const Sequence> sequences) const;
    void resize(std::size_t count);
    void embed(std::span<const Sequence> sequences);
    void make_whole();
    template <class N>
    const ternion::AnyActivations& gathered(const ternion::InputStage<N, InputQuantizer>& stage,
                                            const ternion::Shares& columns, std::span<const float> part, Floats& whole);
    const ternion::AnyActivations& inputs_of(const InputStage& stage);
    template <class... Outputs>
    void project(TokenPart part, const InputStage& stage, const Outputs&... outputs);
    void turn(const OptionalNorm& norm, std::span<float> heads, std::size_t token);
    void attend(const LayerWeights& layer, std::size_t index, std::span<const Sequence> sequences);
    void feed_forward(const LayerWeights& layer, ZeroCounts* zeros);
    const Config& own() const { return weights_.shares.own; }
    void poll(const std::function<void()>& between);
    void gather(const ternion::Shares& shares, std::span<const float> part, std::span<float> whole);
    void add(TokenPart name, const Linear& layer, const ternion::Shares& columns, std::span<const float> part,
             bool skip_zeros = false);

    const Weights& weights_;
    ternion::ThreadPool& threads_;
    Rope rope_;
    Attention attention_;
    PartClock clock_;
    std::size_t count_ = 0;  // tokens of the last call

    Floats h_;          // the residual stream, [count, hidden]; at last its norm
    Floats normed_;     // h's norm, where each layer has another of its own
    Floats q_, k_, v_;  // of this rank's heads, [count, heads or kv_heads, head_dim]
    Floats attended_;   // as q_
    Floats gate_, up_;  // [count, ffn], this rank's part
    Floats whole_;      // all ranks' attended_ or gate_
    Floats own_h_;      // this rank's columns of h, where there are several ranks
    bool h_is_whole_ = true;
    ternion::ColumnGather gather_;
    CodeGather codes_;
    Linear::Workspace inputs_;  // of the layers
    Floats logits_;             // [vocab]
    ZeroSkipping skipping_;
    std::vector<ZeroCounts>* zeros_ = nullptr;
};

}  // namespace bitnet
