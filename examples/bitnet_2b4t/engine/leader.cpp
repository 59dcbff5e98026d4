#include "leader.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "../head/likeliest.hpp"
#include "cache_blocks.hpp"
#include "fingerprint.hpp"

namespace bitnet {
namespace {

/// The others are on their way: what fails here can't be undone there.
template <class F>
auto or_abort(ternion::AnyCommunicator& ranks, F&& f) {
    try {
        return f();
    } catch (const std::exception& error) {
        ranks.abort(error.what());
        throw;  // not reached
    }
}

}  // namespace

std::uint64_t Leader::open_cache() {
    const std::lock_guard lock(caches_);
    return ++last_cache_;
}

void Leader::close_cache(std::uint64_t cache) {
    const std::lock_guard lock(caches_);
    changes_.push_back({.cache = cache, .from = CacheChange::nothing, .length = 0});
}

void Leader::copy_cache(std::uint64_t from, std::uint64_t to, std::size_t length) {
    const std::lock_guard lock(caches_);
    changes_.push_back({.cache = to, .from = from, .length = length});
}

RankMessage Leader::about_caches(RankCommand command) {
    RankMessage message(command);
    message.put(model_);
    const std::lock_guard lock(caches_);
    message.put_all(std::span<const CacheChange>(std::exchange(changes_, {})));
    return message;
}

void Leader::forward(Decoder& decoder, std::span<const Sequence> sequences, std::span<const std::uint64_t> caches,
                     const std::function<void()>& between) {
    for (const Sequence& sequence : sequences)
        decoder.check(sequence.tokens);
    const std::lock_guard turn(turn_);
    RankMessage message = about_caches(RankCommand::forward);
    message.put(sequences.size());
    for (std::size_t i = 0; i < sequences.size(); ++i) {
        message.put(caches[i]);
        message.put(sequences[i].cache->length());
        message.put_all(sequences[i].tokens);
    }
    message.send(*ranks_);
    std::exception_ptr given_up;
    const std::function<void()> asked = [&] {
        try {
            between();
        } catch (...) {
            given_up = std::current_exception();
            throw;
        }
    };
    try {
        decoder.forward(sequences, between ? asked : between);
    } catch (...) {
        if (given_up) std::rethrow_exception(given_up);
        or_abort(*ranks_, [] { throw; });
    }
}

void Leader::logits(std::span<const float> vectors, std::size_t count, std::span<float> out,
                    ternion::ThreadPool& threads) {
    const std::lock_guard turn(turn_);
    RankMessage message(RankCommand::logits);
    message.put(model_);
    message.put_all(vectors);
    message.send(*ranks_);
    or_abort(*ranks_, [&] { share_logits(weights_, vectors, count, out.data(), threads); });
}

std::vector<Candidate> Leader::likeliest(std::span<const float> vector, std::size_t best, std::span<const int> always,
                                         ternion::ThreadPool& threads) {
    const std::lock_guard turn(turn_);
    RankMessage message(RankCommand::likeliest);
    message.put(model_);
    message.put_all(vector);
    message.put(best);
    message.put_all(always);
    message.send(*ranks_);
    return or_abort(*ranks_, [&] { return share_likeliest(weights_, head_, vector, best, always, threads); });
}

std::uint64_t Leader::fingerprint(const ModelState& model) {
    const std::lock_guard turn(turn_);
    RankMessage message(RankCommand::fingerprint);
    message.put(model_);
    message.send(*ranks_);
    return or_abort(*ranks_, [&] { return bitnet::fingerprint(model); });
}

void Leader::gather_block(const KvCache& cache, std::uint64_t number, std::size_t index, std::span<std::byte> block) {
    const std::lock_guard turn(turn_);
    RankMessage message = about_caches(RankCommand::gather_block);
    message.put(number);
    message.put(cache.length());
    message.put(index);
    message.send(*ranks_);
    or_abort(*ranks_, [&] { bitnet::gather_block(cache, weights_.shares, index, block.data()); });
}

void Leader::append_block(KvCache& cache, std::uint64_t number, std::span<const std::byte> block, std::size_t count) {
    const std::lock_guard turn(turn_);
    RankMessage message = about_caches(RankCommand::append_block);
    message.put(number);
    message.put(count);
    message.put_all(block);
    message.send(*ranks_);
    or_abort(*ranks_, [&] { bitnet::append_block(cache, weights_.shares, block, count); });
}

void share_logits(const Weights& weights, std::span<const float> vectors, std::size_t count, float* out,
                  ternion::ThreadPool& threads) {
    const ModelShares& shares = weights.shares;
    std::vector<float> own(count * weights.head().vocab());
    if (!own.empty()) weights.head().logits(vectors, count, own, threads);
    ternion::ColumnGather gather;
    gather.to_first(*shares.ranks, shares.tokens, count, std::span<const float>(own), out, weights.config.vocab);
}

Likeliest head_share(const Weights& weights) {
    return {weights.head(), weights.screen ? &*weights.screen : nullptr, 1};
}

std::vector<Candidate> share_likeliest(const Weights& weights, Likeliest& head, std::span<const float> vector,
                                       std::size_t best, std::span<const int> always, ternion::ThreadPool& threads) {
    ternion::AnyCommunicator& ranks = *weights.shares.ranks;
    const ternion::Shares& tokens = weights.shares.tokens;
    const auto begin = static_cast<int>(tokens.begin(weights.shares.rank));
    const auto end = static_cast<int>(tokens.end(weights.shares.rank));
    std::vector<int> own_always;
    for (const int id : always)
        if (id >= begin && id < end) own_always.push_back(id - begin);
    head.reset(vector);
    std::vector<Candidate> own;
    for (const Candidate& candidate : head.after(0, best, own_always, threads))
        own.push_back({candidate.logit, candidate.id + begin});

    // How many each has, then all of them, in the order of their ids.
    std::vector<std::size_t> counts(ranks.size()), ends(ranks.size());
    for (std::size_t r = 0; r < ends.size(); ++r)
        ends[r] = (r + 1) * sizeof(std::size_t);
    counts[ranks.rank()] = own.size();
    ranks.all_gather(std::as_writable_bytes(std::span(counts)), ends);
    std::size_t total = 0;
    for (std::size_t r = 0; r < ends.size(); ++r)
        ends[r] = (total += counts[r]) * sizeof(Candidate);
    std::vector<Candidate> all(total);
    const std::size_t place = ends[ranks.rank()] / sizeof(Candidate) - own.size();
    std::copy(own.begin(), own.end(), all.begin() + static_cast<std::ptrdiff_t>(place));
    ranks.gather(std::as_writable_bytes(std::span(all)), ends);
    return all;
}

}  // namespace bitnet
