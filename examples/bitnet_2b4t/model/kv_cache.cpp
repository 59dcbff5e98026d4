#include "kv_cache.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <stdexcept>
#include <string>

#include "../compute/kernels.hpp"
#include "../compute/kv_block.hpp"

namespace bitnet {

KvCache::KvCache(const Config& config, std::size_t capacity, KvType type)
    : layers_(config.layers), kv_heads_(config.kv_heads), capacity_(capacity), format_(type, config.head_dim) {}

void KvCache::reserve(std::size_t count) {
    if (count > capacity_ - length_) {
        throw std::length_error("the context is full: expected at most " + std::to_string(capacity_) +
                                " tokens, found " + std::to_string(length_ + count));
    }
    const std::size_t needed = ternion::ceil_div(length_ + count, block);
    while (blocks_.size() < needed)
        blocks_.push_back(std::make_shared<Block>(layers_ * kv_heads_ * format_.bytes()));
    for (std::size_t i = length_ / block; i < needed; ++i) {
        if (blocks_[i].use_count() > 1) blocks_[i] = std::make_shared<Block>(*blocks_[i]);
    }
    // Whoever shared one and has let go of it read it before: those reads don't come after the writes that follow.
    std::atomic_thread_fence(std::memory_order_acquire);
}

void KvCache::truncate(std::size_t length) {
    length_ = std::min(length, length_);
    blocks_.resize(ternion::ceil_div(length_, block));
}

bool is_finite(const KvFormat& format, std::span<const std::byte> block) {
    std::vector<float> scratch(std::max(format.key_floats(), format.value_floats()));
    const auto all_finite = [](const float* numbers, std::size_t count) {
        return std::all_of(numbers, numbers + count, [](float x) { return std::isfinite(x); });
    };
    for (std::size_t part = 0; part < block.size(); part += format.bytes()) {
        const std::byte* at = block.data() + part;
        if (!all_finite(keys_of(format, at, scratch.data()), format.head_dim() * KvFormat::block)) return false;
        if (!all_finite(values_of(format, at, scratch.data()), format.value_floats())) return false;
    }
    return true;
}

void KvCache::store(std::size_t layer, std::size_t count, std::span<const float> keys, std::span<const float> values,
                    const Kernels& kernels, ternion::ThreadPool& threads) {
    const std::size_t first_block = length_ / block;
    const std::size_t touched = ternion::ceil_div(length_ + count, block) - first_block;
    // A chunk is one head's part of one block, so that no two threads write to the same cache line.
    const std::size_t chunk = count == 1 ? kv_heads_ : 1;
    ternion::in_chunks(threads, touched * kv_heads_, chunk, [&](std::size_t begin, std::size_t end) {
        for (std::size_t item = begin; item < end; ++item) {
            const std::size_t index = first_block + item / kv_heads_;
            const std::size_t head = item % kv_heads_;
            const std::size_t from = std::max(length_, index * block);
            const std::size_t to = std::min(length_ + count, (index + 1) * block);
            std::byte* memory = blocks_[index]->data() + offset(layer, head);
            for (std::size_t position = from; position < to; ++position) {
                const std::size_t at = ((position - length_) * kv_heads_ + head) * format_.head_dim();
                kernels.store_token(format_, memory, position, &keys[at], &values[at]);
            }
        }
    });
}

}  // namespace bitnet
