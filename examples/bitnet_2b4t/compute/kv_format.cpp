#include "kv_format.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <ternion/ternion.hpp>

namespace bitnet {

namespace {

constexpr std::size_t widest_head = 4096;
using Quantizer = ternion::Absmax<8>;

const float* scales_behind(const std::byte* from, std::size_t numbers) {
    return reinterpret_cast<const float*>(from + numbers);
}
float* scales_behind(std::byte* from, std::size_t numbers) {
    return reinterpret_cast<float*>(from + numbers);
}

}  // namespace

KvFormat::KvFormat(KvType type, std::size_t head_dim)
    : type_(type), head_dim_(head_dim), value_stride_(ternion::round_up(head_dim, column_block)) {
    if (head_dim <= widest_head) return;
    throw std::invalid_argument("KV cache: expected heads of at most " + std::to_string(widest_head) + ", found " +
                                std::to_string(head_dim));
}

void KvFormat::store(std::byte* to, std::size_t slot, std::span<const float> key, std::span<const float> value) const {
    if (type_ == KvType::f32) {
        place(to, slot, key.data(), value.data());
    } else if (type_ == KvType::f16) {
        std::array<ternion::Float16, widest_head> keys, values;
        ternion::narrow(key, std::span(keys).first(head_dim_));
        ternion::narrow(value, std::span(values).first(head_dim_));
        place(to, slot, keys.data(), values.data());
    } else {
        std::array<std::int8_t, widest_head> keys, values;
        scales_behind(to, key_floats())[slot] = Quantizer::quantize_token(key.data(), head_dim_, keys.data()).scale;
        scales_behind(to + values_offset(), value_floats())[slot] =
            Quantizer::quantize_token(value.data(), head_dim_, values.data()).scale;
        place(to, slot, keys.data(), values.data());
    }
}

template <class T>
void KvFormat::place(std::byte* to, std::size_t slot, const T* key, const T* value) const {
    T* column = reinterpret_cast<T*>(to) + slot;
    for (std::size_t d = 0; d < head_dim_; ++d)
        column[d * block] = key[d];
    std::copy_n(value, head_dim_, reinterpret_cast<T*>(to + values_offset()) + slot * value_stride_);
}

/// As many floats as there is room for.
const float* KvFormat::widen(const std::byte* from, std::span<float> scratch) const {
    if (type_ == KvType::f32) return reinterpret_cast<const float*>(from);
    const auto* halves = reinterpret_cast<const ternion::Float16*>(from);
    ternion::widen(std::span(halves, scratch.size()), scratch);
    return scratch.data();
}

const float* KvFormat::keys(const std::byte* from, std::span<float> scratch) const {
    if (type_ != KvType::i8) return widen(from, scratch.first(key_floats()));
    const auto* codes = reinterpret_cast<const std::int8_t*>(from);
    const float* scales = scales_behind(from, key_floats());
    float* out = scratch.data();
    for (std::size_t d = 0; d < head_dim_; ++d, codes += block, out += block) {
        for (std::size_t t = 0; t < block; ++t)
            out[t] = static_cast<float>(codes[t]) * scales[t];
    }
    return scratch.data();
}

const float* KvFormat::values(const std::byte* from, std::span<float> scratch) const {
    from += values_offset();
    if (type_ != KvType::i8) return widen(from, scratch.first(value_floats()));
    const auto* codes = reinterpret_cast<const std::int8_t*>(from);
    const float* scales = scales_behind(from, value_floats());
    float* out = scratch.data();
    for (std::size_t t = 0; t < block; ++t, codes += value_stride_, out += value_stride_) {
        for (std::size_t d = 0; d < value_stride_; ++d)
            out[d] = static_cast<float>(codes[d]) * scales[t];
    }
    return scratch.data();
}

}  // namespace bitnet
