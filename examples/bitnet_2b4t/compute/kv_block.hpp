#pragma once

#include <cstddef>
#include <cstdint>
#include <ternion/ternion.hpp>

#include "kv_format.hpp"

namespace bitnet {
inline namespace TERNION_ABI {

template <class T>
void place(const KvFormat& format, std::byte* to, std::size_t slot, const T* key, const T* value) {
    T* column = reinterpret_cast<T*>(to) + slot;
    T* row = reinterpret_cast<T*>(to + format.values_offset()) + slot * format.value_stride();
    for (std::size_t d = 0; d < format.head_dim(); ++d) {
        column[d * KvFormat::block] = key[d];
        row[d] = value[d];
    }
}

/// Writes the key and the value of the token `slot` of a block.
inline void store_token(const KvFormat& format, std::byte* to, std::size_t slot, const float* key, const float* value) {
    const std::size_t dim = format.head_dim();
    if (format.type() == KvType::f32) {
        place(format, to, slot, key, value);
    } else if (format.type() == KvType::f16) {
        ternion::Float16 keys[KvFormat::widest_head], values[KvFormat::widest_head];
        ternion::narrow(key, dim, keys);
        ternion::narrow(value, dim, values);
        place(format, to, slot, keys, values);
    } else {
        std::int8_t keys[KvFormat::widest_head], values[KvFormat::widest_head];
        const auto scales = [&](std::size_t numbers) { return reinterpret_cast<float*>(to + numbers); };
        scales(format.key_floats())[slot] = ternion::Absmax<8>::quantize_token(key, dim, keys).scale;
        scales(format.values_offset() + format.value_floats())[slot] =
            ternion::Absmax<8>::quantize_token(value, dim, values).scale;
        place(format, to, slot, keys, values);
    }
}

/// Numbers that aren't int8 as floats.
inline const float* widened(const KvFormat& format, const std::byte* from, std::size_t count, float* scratch) {
    if (format.type() == KvType::f32) return reinterpret_cast<const float*>(from);
    ternion::widen(reinterpret_cast<const ternion::Float16*>(from), count, scratch);
    return scratch;
}

/// Keys [head_dim, 64] of a block as floats; `scratch` may be used for them.
inline const float* keys_of(const KvFormat& format, const std::byte* from, float* scratch) {
    if (format.type() != KvType::i8) return widened(format, from, format.key_floats(), scratch);
    const auto* codes = reinterpret_cast<const std::int8_t*>(from);
    const auto* scales = reinterpret_cast<const float*>(from + format.key_floats());
    float* out = scratch;
    for (std::size_t d = 0; d < format.head_dim(); ++d, codes += KvFormat::block, out += KvFormat::block) {
        for (std::size_t t = 0; t < KvFormat::block; ++t)
            out[t] = static_cast<float>(codes[t]) * scales[t];
    }
    return scratch;
}

/// Values [64, value_stride] of a block as floats; `scratch` may be used for them.
inline const float* values_of(const KvFormat& format, const std::byte* from, float* scratch) {
    from += format.values_offset();
    if (format.type() != KvType::i8) return widened(format, from, format.value_floats(), scratch);
    const std::size_t stride = format.value_stride();
    const auto* codes = reinterpret_cast<const std::int8_t*>(from);
    const auto* scales = reinterpret_cast<const float*>(from + format.value_floats());
    float* out = scratch;
    for (std::size_t t = 0; t < KvFormat::block; ++t, codes += stride, out += stride) {
        for (std::size_t d = 0; d < stride; ++d)
            out[d] = static_cast<float>(codes[d]) * scales[t];
    }
    return scratch;
}

}  // namespace TERNION_ABI
}  // namespace bitnet
