#pragma once

#include <cstddef>
#include <span>
#include <ternion/ternion.hpp>
#include <vector>

#include <ternion/core/thread_pool.hpp>
#include "config.hpp"
#include "kv_cache.hpp"

namespace bitnet {

struct Kernels;

/// Causal grouped-query attention: out = softmax(q · kᵀ / sqrt(d)) · v, query head h with key/value head h / group. The
/// softmax runs along blocks of keys with a running maximum and sum (arXiv 2205.14135), so that memory doesn't grow
/// with the length. The keys are cut at fixed places, so that a token's result is the same in every bit whichever
/// tokens come with it, and whatever the number of threads, while all numbers are finite.
class Attention {
 public:
    Attention(const Config& config, const Kernels& kernels);

    /// Queries [count, heads, head_dim] of the tokens at positions `first` and following, whose keys and values `cache`
    /// holds in `layer`; `out` has the same shape.
    void operator()(std::span<const float> queries, std::size_t first, std::size_t count, const KvCache& cache,
                    std::size_t layer, std::span<float> out, ternion::ThreadPool& threads);

 private:
    /// Softmax-weighted values of a tile of queries over a part of the keys, not yet divided by `sum`.
    struct Partial {
        ternion::AlignedBuffer<float> values;  // [rows, value_stride]
        ternion::AlignedBuffer<float> peak;    // the largest score of each row
        ternion::AlignedBuffer<float> sum;     // of exp(score - peak)
    };
    struct Worker {
        ternion::AlignedBuffer<float> queries, scores, keys, values;
        Partial partial, joined;
    };
    /// A key/value head's queries of some tokens: row = token · group + head within the group.
    struct Tile {
        std::size_t head, first_token, tokens, rows;
        std::size_t position;  // of its first token
    };

    /// What a call computes.
    struct Context {
        std::span<const float> queries;
        std::size_t first, count;
        const KvCache& cache;
        std::size_t layer;
        std::span<float> out;
    };

    void by_tiles(const Context& c, std::size_t tile_tokens, ternion::ThreadPool& threads);
    void by_spans(const Context& c, std::size_t spans, ternion::ThreadPool& threads);
    Tile tile_of(const Context& c, std::size_t begin, std::size_t tile_tokens, std::size_t head) const;
    void prepare(std::size_t rows, std::size_t partials, const KvCache& cache, std::size_t workers);
    void load(const Tile& tile, std::span<const float> queries, Worker& worker) const;
    void accumulate(const Tile& tile, std::size_t key_begin, std::size_t key_end, const Context& c, Worker& worker,
                    Partial& partial) const;
    static void join(Partial& into, const Partial& later, std::size_t rows, std::size_t stride);
    void finish(const Tile& tile, const Partial& joined, std::size_t stride, std::span<float> out) const;

    const Kernels& kernels_;
    std::size_t heads_, kv_heads_, group_, head_dim_;
    std::vector<Worker> workers_;
    std::vector<Partial> partials_;
};

}  // namespace bitnet
