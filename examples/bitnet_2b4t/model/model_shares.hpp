#pragma once

#include <cstddef>
#include <ternion/distributed/any_communicator.hpp>
#include <ternion/distributed/shares.hpp>

#include "config.hpp"

namespace bitnet {

/// What each rank has of a model: q, k, v and the KV cache by key/value head, gate and up by rows, o and down by the
/// rows of what they add to, the head by tokens. The residual stream's columns lie where those rows are. Each layer
/// then gathers four inputs, and everything between is what one process does, on the same numbers in the same order.
struct ModelShares {
    /// Rows of the head that are computed at once, so that a row's logit doesn't depend on the rank that has it.
    static constexpr std::size_t token_step = 64;

    /// All of it in this process, or, where there are several, the share of its rank. `all` may be null.
    explicit ModelShares(const Config& config, ternion::AnyCommunicator* all = nullptr)
        : ranks(all != nullptr && all->size() > 1 ? all : nullptr),
          rank(ranks != nullptr ? ranks->rank() : 0),
          kv_heads(config.kv_heads, count()),
          ffn(config.ffn, count()),
          hidden(config.hidden, count()),
          tokens(config.vocab, count(), token_step),
          own(config) {
        own.kv_heads = kv_heads.size(rank);
        own.heads = own.kv_heads * (config.heads / config.kv_heads);
        own.ffn = ffn.size(rank);
    }

    std::size_t count() const { return ranks != nullptr ? ranks->size() : 1; }
    /// Of `all`, the number of all heads' outputs: queries' or keys'.
    ternion::Shares of_heads(std::size_t all) const { return kv_heads.times(all / kv_heads.count()); }

    ternion::AnyCommunicator* ranks;  // null where this process is alone
    std::size_t rank;
    ternion::Shares kv_heads, ffn, hidden, tokens;
    Config own;  // the model's sizes, with this rank's heads and ffn
};

}  // namespace bitnet
