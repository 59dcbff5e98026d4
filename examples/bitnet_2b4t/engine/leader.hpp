#pragma once

#include <bitnet/candidate.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <ternion/distributed/any_communicator.hpp>
#include <ternion/distributed/column_gather.hpp>
#include <vector>

#include "../head/likeliest.hpp"
#include "../model/decoder.hpp"
#include "../model/weights.hpp"
#include "rank_message.hpp"

namespace bitnet {

struct ModelState;

/// What finds the likeliest of this rank's tokens, as if they were all.
Likeliest head_share(const Weights& weights);

/// Rank 0's part of what ranks do together for one model: says what is to be computed, takes its share of that, and
/// gets the results. Calls from several threads take turns. Where rank 0 can't finish what the others have begun, all
/// ranks end.
class Leader {
 public:
    /// Of these weights, of the model that all ranks know by its number; sessions' KV caches have numbers, too.
    Leader(std::shared_ptr<ternion::AnyCommunicator> ranks, std::uint64_t model, const Weights& weights)
        : ranks_(std::move(ranks)), model_(model), weights_(weights), head_(head_share(weights)) {}

    /// A number for the KV cache of a new session or snapshot, and back.
    std::uint64_t open_cache();
    void close_cache(std::uint64_t cache);
    /// Cache `to` becomes the first `length` tokens of cache `from`, whose memory it shares.
    void copy_cache(std::uint64_t from, std::uint64_t to, std::size_t length);

    /// The decoder's step on all ranks; caches[i] is the number of sequence i's. Throws what `between` throws.
    void forward(Decoder& decoder, std::span<const Sequence> sequences, std::span<const std::uint64_t> caches,
                 const std::function<void()>& between);
    /// Logits [count, vocab] of vectors [count, hidden].
    void logits(std::span<const float> vectors, std::size_t count, std::span<float> out, ternion::ThreadPool& threads);
    /// What Likeliest::after gives for this vector, from all ranks.
    std::vector<Candidate> likeliest(std::span<const float> vector, std::size_t best, std::span<const int> always,
                                     ternion::ThreadPool& threads);

    /// bitnet::fingerprint of the model, which is that of one process.
    std::uint64_t fingerprint(const ModelState& model);
    /// Block `index` of a KV cache, whose number is `number`, with the heads of all ranks: as one process has it.
    void gather_block(const KvCache& cache, std::uint64_t number, std::size_t index, std::span<std::byte> block);
    /// The first `count` tokens of such a block become the last of a cache on all ranks.
    void append_block(KvCache& cache, std::uint64_t number, std::span<const std::byte> block, std::size_t count);

 private:
    /// With what the others don't know yet of KV caches.
    RankMessage about_caches(RankCommand command);

    std::shared_ptr<ternion::AnyCommunicator> ranks_;
    std::uint64_t model_;
    const Weights& weights_;
    Likeliest head_;
    std::mutex turn_;
    std::mutex caches_;  // guards the rest
    std::uint64_t last_cache_ = 0;
    std::vector<CacheChange> changes_;  // since the last step: the others are told with the next, nobody waits for it
};

/// This rank's share of `Leader::logits`; `out` is rank 0's.
void share_logits(const Weights& weights, std::span<const float> vectors, std::size_t count, float* out,
                  ternion::ThreadPool& threads);
/// This rank's share of `Leader::likeliest`, by such a head; only rank 0 gets all.
std::vector<Candidate> share_likeliest(const Weights& weights, Likeliest& head, std::span<const float> vector,
                                       std::size_t best, std::span<const int> always, ternion::ThreadPool& threads);

}  // namespace bitnet
