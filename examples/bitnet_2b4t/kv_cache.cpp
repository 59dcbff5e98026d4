#include "kv_cache.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace bitnet {

KvCache::KvCache(const Config& config, std::size_t capacity, KvType type)
    : layers_(config.layers),
      kv_heads_(config.kv_heads),
      head_dim_(config.head_dim),
      value_stride_(ternion::round_up(config.head_dim, column_block)),
      capacity_(capacity),
      type_(type),
      element_bytes_(type == KvType::f32 ? sizeof(float) : sizeof(ternion::Float16)),
      head_bytes_((key_floats() + value_floats()) * element_bytes_) {}

void KvCache::reserve(std::size_t count) {
    if (count > capacity_ - length_) {
        throw std::length_error("the context is full: expected at most " + std::to_string(capacity_) +
                                " tokens, found " + std::to_string(length_ + count));
    }
    const std::size_t needed = ternion::ceil_div(length_ + count, block);
    while (blocks_.size() < needed)
        blocks_.emplace_back(layers_ * kv_heads_ * head_bytes_);
}

void KvCache::truncate(std::size_t length) {
    length_ = std::min(length, length_);
    blocks_.resize(ternion::ceil_div(length_, block));
}

void KvCache::store(std::size_t layer, std::size_t count, std::span<const float> keys, std::span<const float> values,
                    Threads& threads) {
    const std::size_t first_block = length_ / block;
    const std::size_t touched = ternion::ceil_div(length_ + count, block) - first_block;
    // A chunk is one head's part of one block, so that no two threads write to the same cache line.
    in_chunks(threads, touched * kv_heads_, count == 1 ? kv_heads_ : 1, [&](std::size_t begin, std::size_t end) {
        for (std::size_t item = begin; item < end; ++item) {
            const std::size_t index = first_block + item / kv_heads_;
            const std::size_t head = item % kv_heads_;
            const std::size_t from = std::max(length_, index * block);
            const std::size_t to = std::min(length_ + count, (index + 1) * block);
            const std::size_t at = ((from - length_) * kv_heads_ + head) * head_dim_;
            std::byte* memory = blocks_[index].data() + offset(layer, head);
            const auto put =
                type_ == KvType::f32 ? &KvCache::store_head<float> : &KvCache::store_head<ternion::Float16>;
            (this->*put)(memory, from % block, to - from, keys.data() + at, values.data() + at);
        }
    });
}

template <class T>
void KvCache::store_head(std::byte* to, std::size_t slot, std::size_t count, const float* keys,
                         const float* values) const {
    T* key_columns = reinterpret_cast<T*>(to);
    T* value_rows = key_columns + key_floats();
    const std::size_t stride = kv_heads_ * head_dim_;
    for (std::size_t t = 0; t < count; ++t) {
        for (std::size_t d = 0; d < head_dim_; ++d) {
            key_columns[d * block + slot + t] = static_cast<T>(keys[t * stride + d]);
            value_rows[(slot + t) * value_stride_ + d] = static_cast<T>(values[t * stride + d]);
        }
    }
}

template <class T>
const float* KvCache::floats(const std::byte* from, std::size_t count, std::span<float> scratch) const {
    const T* numbers = reinterpret_cast<const T*>(from);
    if constexpr (std::is_same_v<T, float>) {
        return numbers;
    } else {
        ternion::widen(std::span<const T>(numbers, count), scratch.first(count));
        return scratch.data();
    }
}

const float* KvCache::keys(std::size_t layer, std::size_t head, std::size_t index, std::span<float> scratch) const {
    const std::byte* from = blocks_[index].data() + offset(layer, head);
    return type_ == KvType::f32 ? floats<float>(from, key_floats(), scratch)
                                : floats<ternion::Float16>(from, key_floats(), scratch);
}

const float* KvCache::values(std::size_t layer, std::size_t head, std::size_t index, std::span<float> scratch) const {
    const std::byte* from = blocks_[index].data() + offset(layer, head) + key_floats() * element_bytes_;
    return type_ == KvType::f32 ? floats<float>(from, value_floats(), scratch)
                                : floats<ternion::Float16>(from, value_floats(), scratch);
}

}  // namespace bitnet
