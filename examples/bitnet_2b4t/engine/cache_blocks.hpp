#pragma once

#include <cstddef>
#include <span>

#include "../model/kv_cache.hpp"
#include "../model/model_shares.hpp"

namespace bitnet {

/// A block of a KV cache as one process has it is a matrix of bytes [layers, kv_heads * bytes of a head]. Each rank has
/// some columns.

/// The first `count` tokens of a block become the last of this rank's cache, whose blocks before it are full.
void append_block(KvCache& cache, const ModelShares& shares, std::span<const std::byte> block, std::size_t count);
/// Rank 0 gets block `index` of the cache that all ranks have parts of; `block` may be null elsewhere.
void gather_block(const KvCache& cache, const ModelShares& shares, std::size_t index, std::byte* block);

}  // namespace bitnet
