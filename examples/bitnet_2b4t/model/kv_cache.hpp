#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <ternion/ternion.hpp>
#include <vector>

#include <ternion/core/thread_pool.hpp>
#include "../compute/kv_format.hpp"
#include "config.hpp"

namespace bitnet {

struct Kernels;

/// The keys and values of the tokens seen so far, in blocks of 64 tokens that are allocated as the sequence grows. A
/// block has a part in `format()` for each layer and head. Positions count from 0; `length` of them are filled in all
/// layers. Copies share their blocks, also from thread to thread; the first that writes to a shared one copies it.
class KvCache {
 public:
    static constexpr std::size_t block = KvFormat::block;

    KvCache(const Config& config, std::size_t capacity, KvType type);

    std::size_t length() const { return length_; }
    std::size_t capacity() const { return capacity_; }
    const KvFormat& format() const { return format_; }
    std::size_t bytes() const { return blocks_.size() * layers_ * kv_heads_ * format_.bytes(); }
    std::size_t blocks() const { return blocks_.size(); }
    /// A block's bytes, [layers, kv_heads, format().bytes()], to be saved and restored.
    std::span<std::byte> memory(std::size_t index) { return *blocks_[index]; }
    std::span<const std::byte> memory(std::size_t index) const { return *blocks_[index]; }

    /// Makes room for `count` tokens more, in blocks of its own; throws std::length_error beyond the capacity.
    void reserve(std::size_t count);
    /// Writes a layer's keys and values ([count, kv_heads, head_dim]) of the tokens that follow `length`.
    void store(std::size_t layer, std::size_t count, std::span<const float> keys, std::span<const float> values,
               const Kernels& kernels, ternion::ThreadPool& threads);
    /// Counts `count` tokens as seen, after `store` in all layers.
    void advance(std::size_t count) { length_ += count; }
    /// Forgets all tokens from position `length` on.
    void truncate(std::size_t length);

    /// The memory of one head's part of a block, in `format()`.
    const std::byte* at(std::size_t layer, std::size_t head, std::size_t index) const {
        return blocks_[index]->data() + offset(layer, head);
    }

 private:
    using Block = ternion::AlignedBuffer<std::byte>;

    std::size_t offset(std::size_t layer, std::size_t head) const {
        return (layer * kv_heads_ + head) * format_.bytes();
    }

    std::size_t layers_, kv_heads_;
    std::size_t capacity_;
    KvFormat format_;
    std::size_t length_ = 0;
    std::vector<std::shared_ptr<Block>> blocks_;
};

/// Whether all numbers of a block are: a NaN among them would spoil every token that follows.
bool is_finite(const KvFormat& format, std::span<const std::byte> block);

}  // namespace bitnet
