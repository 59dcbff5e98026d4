#include <bitnet/ranks.hpp>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "cache_blocks.hpp"
#include "fingerprint.hpp"
#include "leader.hpp"
#include "load_share.hpp"
#include "rank_message.hpp"

namespace bitnet {
namespace {

/// A rank's share of a model, and of the KV caches of rank 0's sessions.
class Share {
 public:
    Share(std::shared_ptr<const ModelState> state, std::uint64_t number)
        : state_(std::move(state)),
          number_(number),
          decoder_(state_->weights, state_->threads),
          head_(head_share(state_->weights)) {}

    void obey(RankCommand command, RankMessage& message) {
        if (message.take<std::uint64_t>() != number_)
            throw std::runtime_error("expected the model that was loaded last, found another");
        using enum RankCommand;
        if (command == forward) return step(message);
        if (command == gather_block) return gather(message);
        if (command == append_block) return append(message);
        if (command == fingerprint) return void(bitnet::fingerprint(*state_));
        const auto vectors = message.take_all<float>();
        if (command == logits) {
            return share_logits(state_->weights, vectors, vectors.size() / decoder_.config().hidden, nullptr,
                                state_->threads);
        }
        const auto best = message.take<std::size_t>();
        const auto always = message.take_all<int>();
        share_likeliest(state_->weights, head_, vectors, best, always, state_->threads);
    }

 private:
    void step(RankMessage& message) {
        apply_changes(message);
        const auto count = message.take<std::size_t>();
        std::vector<std::vector<int>> tokens(count);
        std::vector<Sequence> sequences;
        for (std::vector<int>& some : tokens) {
            const auto cache = message.take<std::uint64_t>();
            const auto length = message.take<std::size_t>();
            some = message.take_all<int>();
            sequences.push_back({some, &shortened(cache_of(cache), length)});
        }
        try {
            decoder_.forward(sequences);
        } catch (const Decoder::GivenUp&) {
        }
    }

    void gather(RankMessage& message) {
        apply_changes(message);
        const auto cache = message.take<std::uint64_t>();
        const auto length = message.take<std::size_t>();
        bitnet::gather_block(shortened(cache_of(cache), length), state_->weights.shares, message.take<std::size_t>(),
                             nullptr);
    }

    void append(RankMessage& message) {
        apply_changes(message);
        KvCache& cache = cache_of(message.take<std::uint64_t>());
        const auto count = message.take<std::size_t>();
        bitnet::append_block(cache, state_->weights.shares, message.take_all<std::byte>(), count);
    }

    void apply_changes(RankMessage& message) {
        for (const CacheChange& change : message.take_all<CacheChange>())
            apply(change);
    }
    void apply(const CacheChange& change) {
        if (change.from == CacheChange::nothing) {
            caches_.erase(change.cache);
        } else {
            KvCache copy = cache_of(change.from);
            caches_.insert_or_assign(change.cache, std::move(shortened(copy, static_cast<std::size_t>(change.length))));
        }
    }

    KvCache& cache_of(std::uint64_t number) {
        const LoadOptions& options = state_->options;
        return caches_.try_emplace(number, state_->weights.shares.own, options.context, options.kv_type).first->second;
    }

    /// To rank 0's length: it may have forgotten some tokens since.
    static KvCache& shortened(KvCache& cache, std::size_t length) {
        cache.truncate(length);
        if (cache.length() == length) return cache;
        throw std::runtime_error("a KV cache: expected " + std::to_string(length) + " tokens, found " +
                                 std::to_string(cache.length()));
    }

    std::shared_ptr<const ModelState> state_;
    std::uint64_t number_;
    Decoder decoder_;
    Likeliest head_;
    std::map<std::uint64_t, KvCache> caches_;
};

}  // namespace

void follow(ternion::AnyCommunicator& ranks) {
    const std::shared_ptr<ternion::AnyCommunicator> borrowed(&ranks, [](ternion::AnyCommunicator*) {});
    std::optional<Share> share;
    std::uint64_t loaded = 0;
    for (;;) {
        RankMessage message = RankMessage::receive(ranks);
        const auto command = message.take<RankCommand>();
        if (command == RankCommand::stop) return;
        if (command == RankCommand::load) {
            share.reset();
            ModelRequest request = ModelRequest::take(message);
            request.options.ranks = borrowed;
            ++loaded;
            try {
                share.emplace(load_share(request, loaded), loaded);
            } catch (const std::exception&) {  // rank 0 says so
            }
            continue;
        }
        try {
            if (!share) throw std::runtime_error("expected a model, found none");
            share->obey(command, message);
        } catch (const std::bad_alloc&) {
            ranks.abort("out of memory");
        } catch (const std::exception& error) {
            ranks.abort(error.what());
        }
    }
}

void release_ranks(ternion::AnyCommunicator& ranks) {
    RankMessage(RankCommand::stop).send(ranks);
}

}  // namespace bitnet
