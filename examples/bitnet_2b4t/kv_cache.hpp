#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <ternion/ternion.hpp>
#include <vector>

#include "compute/products.hpp"
#include "compute/threads.hpp"
#include "config.hpp"

namespace bitnet {

enum class KvType : std::uint8_t { f32, f16 };

/// The keys and values of the tokens seen so far, in blocks of 64 tokens that are allocated as the sequence grows. In a
/// block each layer and head has its keys as [head_dim, 64] and its values as [64, head_dim], so that both products of
/// attention read rows. Positions count from 0; `length` of them are filled in all layers.
class KvCache {
 public:
    static constexpr std::size_t block = column_block;

    KvCache(const Config& config, std::size_t capacity, KvType type);

    std::size_t length() const { return length_; }
    std::size_t capacity() const { return capacity_; }
    KvType type() const { return type_; }
    /// A value's row: head_dim rounded up to whole columns, zero beyond head_dim.
    std::size_t value_stride() const { return value_stride_; }
    std::size_t bytes() const { return blocks_.size() * layers_ * kv_heads_ * head_bytes_; }

    /// Makes room for `count` tokens more; throws std::length_error beyond the capacity.
    void reserve(std::size_t count);
    /// Writes a layer's keys and values ([count, kv_heads, head_dim]) of the tokens that follow `length`.
    void store(std::size_t layer, std::size_t count, std::span<const float> keys, std::span<const float> values,
               Threads& threads);
    /// Counts `count` tokens as seen, after `store` in all layers.
    void advance(std::size_t count) { length_ += count; }
    /// Forgets all tokens from position `length` on.
    void truncate(std::size_t length);

    /// Keys [head_dim, 64] and values [64, value_stride] of a block as floats; `scratch` may be used for them.
    const float* keys(std::size_t layer, std::size_t head, std::size_t index, std::span<float> scratch) const;
    const float* values(std::size_t layer, std::size_t head, std::size_t index, std::span<float> scratch) const;
    std::size_t key_floats() const { return head_dim_ * block; }
    std::size_t value_floats() const { return block * value_stride_; }

 private:
    std::size_t offset(std::size_t layer, std::size_t head) const { return (layer * kv_heads_ + head) * head_bytes_; }
    template <class T>
    const float* floats(const std::byte* from, std::size_t count, std::span<float> scratch) const;
    template <class T>
    void store_head(std::byte* to, std::size_t slot, std::size_t count, const float* keys, const float* values) const;

    std::size_t layers_, kv_heads_, head_dim_, value_stride_;
    std::size_t capacity_;
    KvType type_;
    std::size_t element_bytes_;
    std::size_t head_bytes_;  // keys and values of a layer and head in a block
    std::size_t length_ = 0;
    std::vector<ternion::AlignedBuffer<std::byte>> blocks_;
};

}  // namespace bitnet
