#include "cache_blocks.hpp"

#include <algorithm>
#include <ternion/distributed/column_gather.hpp>

namespace bitnet {

void append_block(KvCache& cache, const ModelShares& shares, std::span<const std::byte> block, std::size_t count) {
    const ternion::Shares columns = shares.kv_heads.times(cache.format().bytes());
    const std::size_t width = columns.size(shares.rank);
    cache.reserve(count);
    std::byte* to = cache.memory(cache.blocks() - 1).data();
    for (std::size_t at = columns.begin(shares.rank); at < block.size(); at += columns.count(), to += width)
        std::copy_n(block.data() + at, width, to);
    cache.advance(count);
}

void gather_block(const KvCache& cache, const ModelShares& shares, std::size_t index, std::byte* block) {
    const ternion::Shares columns = shares.kv_heads.times(cache.format().bytes());
    ternion::ColumnGather().to_first(*shares.ranks, columns, shares.own.layers, cache.memory(index), block,
                                     columns.count());
}

}  // namespace bitnet
