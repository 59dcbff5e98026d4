#include "attention.hpp"

#include <algorithm>
#include <cmath>

#include "../compute/attention_block.hpp"
#include "../compute/kernels.hpp"

namespace bitnet {

namespace {

constexpr std::size_t tile_rows = 128;   // queries that share a block of keys: its cost is paid once for all of them
constexpr std::size_t least_tokens = 8;  // of a tile, however many heads share a key
constexpr std::size_t span_keys = 256;   // the keys are cut here: few queries give work to all threads by that
constexpr float masked = AttentionTile::masked;

}  // namespace

Attention::Attention(const Config& config, const Kernels& kernels)
    : kernels_(kernels),
      heads_(config.heads),
      kv_heads_(config.kv_heads),
      group_(config.kv_heads == 0 ? 0 : config.heads / config.kv_heads),
      head_dim_(config.head_dim) {}

void Attention::operator()(std::span<const float> queries, std::size_t first, std::size_t count, const KvCache& cache,
                           std::size_t layer, std::span<float> out, ternion::ThreadPool& threads) {
    if (count == 0 || kv_heads_ == 0) return;
    const Context context{queries, first, count, cache, layer, out};
    const std::size_t tile_tokens = std::max(least_tokens, tile_rows / group_);
    if (count > tile_tokens) return by_tiles(context, tile_tokens, threads);
    const std::size_t spans = ternion::ceil_div(first + count, span_keys);
    if (spans == 1) return by_tiles(context, count, threads);
    by_spans(context, spans, threads);
}

/// Each tile of tokens goes through all its spans of keys itself.
void Attention::by_tiles(const Context& c, std::size_t tile_tokens, ternion::ThreadPool& threads) {
    const std::size_t tiles = ternion::ceil_div(c.count, tile_tokens), stride = c.cache.format().value_stride();
    prepare(std::min(tile_tokens, c.count) * group_, 0, c.cache, threads.concurrency());
    threads.parallel_for(kv_heads_ * tiles, [&](std::size_t item, std::size_t w) {
        // Late tiles see many keys, early ones few: taken in turns, any run of items is about as much work.
        const std::size_t turn = item % tiles, index = turn % 2 == 0 ? turn / 2 : tiles - 1 - turn / 2;
        const Tile tile = tile_of(c, index * tile_tokens, tile_tokens, item / tiles);
        const std::size_t end = tile.position + tile.tokens;
        Worker& worker = workers_[w];
        load(tile, c.queries, worker);
        accumulate(tile, 0, std::min(span_keys, end), c, worker, worker.joined);
        for (std::size_t key = span_keys; key < end; key += span_keys) {
            accumulate(tile, key, std::min(key + span_keys, end), c, worker, worker.partial);
            join(worker.joined, worker.partial, tile.rows, stride);
        }
        finish(tile, worker.joined, stride, c.out);
    });
}

/// One tile, whose spans are shared by the threads, in runs of neighbours: each asks for the memory of the next one.
void Attention::by_spans(const Context& c, std::size_t spans, ternion::ThreadPool& threads) {
    constexpr std::size_t runs_a_thread = 8;
    const std::size_t run = std::max<std::size_t>(1, kv_heads_ * spans / (runs_a_thread * threads.concurrency()));
    const std::size_t runs = ternion::ceil_div(spans, run), stride = c.cache.format().value_stride();
    const std::size_t end = c.first + c.count;
    prepare(c.count * group_, kv_heads_ * spans, c.cache, threads.concurrency());
    threads.parallel_for(kv_heads_ * runs, [&](std::size_t item, std::size_t w) {
        const Tile tile = tile_of(c, 0, c.count, item / runs);
        load(tile, c.queries, workers_[w]);
        const std::size_t begin = item % runs * run;
        for (std::size_t span = begin; span < std::min(begin + run, spans); ++span)
            accumulate(tile, span * span_keys, std::min((span + 1) * span_keys, end), c, workers_[w],
                       partials_[tile.head * spans + span]);
    });
    for (std::size_t head = 0; head < kv_heads_; ++head) {
        const Tile tile = tile_of(c, 0, c.count, head);
        Partial& joined = partials_[head * spans];
        for (std::size_t span = 1; span < spans; ++span)
            join(joined, partials_[head * spans + span], tile.rows, stride);
        finish(tile, joined, stride, c.out);
    }
}

Attention::Tile Attention::tile_of(const Context& c, std::size_t begin, std::size_t tile_tokens,
                                   std::size_t head) const {
    const std::size_t tokens = std::min(tile_tokens, c.count - begin);
    return {head, begin, tokens, tokens * group_, c.first + begin};
}

/// Allocates before the threads start: an exception couldn't leave them.
void Attention::prepare(std::size_t rows, std::size_t partials, const KvCache& cache, std::size_t workers) {
    const auto fit = [&](Partial& partial) {
        partial.values.resize(rows * cache.format().value_stride());
        partial.peak.resize(rows);
        partial.sum.resize(rows);
    };
    workers_.resize(std::max(workers_.size(), workers));
    for (Worker& worker : workers_) {
        worker.queries.resize(rows * head_dim_);
        worker.scores.resize(rows * KvCache::block);
        worker.keys.resize(cache.format().key_floats());
        worker.values.resize(cache.format().value_floats());
        fit(worker.partial);
        fit(worker.joined);
    }
    partials_.resize(std::max(partials_.size(), partials));
    for (std::size_t i = 0; i < partials; ++i)
        fit(partials_[i]);
}

/// The tile's queries as rows, times 1/sqrt(d).
void Attention::load(const Tile& tile, std::span<const float> queries, Worker& worker) const {
    const float scale = 1.0F / std::sqrt(static_cast<float>(head_dim_));
    for (std::size_t t = 0; t < tile.tokens; ++t) {
        const float* from = queries.data() + ((tile.first_token + t) * heads_ + tile.head * group_) * head_dim_;
        float* to = worker.queries.data() + t * group_ * head_dim_;
        for (std::size_t i = 0; i < group_ * head_dim_; ++i)
            to[i] = from[i] * scale;
    }
}

void Attention::accumulate(const Tile& tile, std::size_t key_begin, std::size_t key_end, const Context& c,
                           Worker& worker, Partial& partial) const {
    constexpr std::size_t block = KvCache::block;
    std::fill(partial.values.begin(), partial.values.end(), 0.0F);
    std::fill(partial.peak.begin(), partial.peak.end(), masked);
    std::fill(partial.sum.begin(), partial.sum.end(), 0.0F);
    AttentionTile seen{.rows = tile.rows,
                       .group = group_,
                       .position = tile.position,
                       .queries = worker.queries.data(),
                       .scores = worker.scores.data(),
                       .keys = worker.keys.data(),
                       .block_values = worker.values.data(),
                       .values = partial.values.data(),
                       .peak = partial.peak.data(),
                       .sum = partial.sum.data(),
                       .next = nullptr};
    for (std::size_t key = key_begin; key < key_end; key += block) {
        seen.next = c.cache.at(c.layer, tile.head, std::min(key / block + 1, c.cache.blocks() - 1));
        kernels_.attend(seen, c.cache.format(), c.cache.at(c.layer, tile.head, key / block), key,
                        std::min(block, key_end - key));
    }
}

/// Adds what a later span of the keys gave to what those before it did. A span that a row doesn't see changes nothing
/// in any bit, so that a row's result is the same in whatever tile it is.
void Attention::join(Partial& into, const Partial& later, std::size_t rows, std::size_t stride) {
    for (std::size_t r = 0; r < rows; ++r) {
        const float peak = std::max(into.peak[r], later.peak[r]);
        const float fade = std::exp(into.peak[r] - peak), gain = std::exp(later.peak[r] - peak);
        into.sum[r] = into.sum[r] * fade + later.sum[r] * gain;
        into.peak[r] = peak;
        float* values = into.values.data() + r * stride;
        const float* more = later.values.data() + r * stride;
        for (std::size_t d = 0; d < stride; ++d)
            values[d] = values[d] * fade + more[d] * gain;
    }
}

/// Divides by the sum.
void Attention::finish(const Tile& tile, const Partial& joined, std::size_t stride, std::span<float> out) const {
    for (std::size_t r = 0; r < tile.rows; ++r) {
        const std::size_t at = (tile.first_token + r / group_) * heads_ + tile.head * group_ + r % group_;
        const float* values = joined.values.data() + r * stride;
        const float share = 1.0F / joined.sum[r];
        for (std::size_t d = 0; d < head_dim_; ++d)
            out[at * head_dim_ + d] = share * values[d];
    }
}

}  // namespace bitnet
