#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kv_block.hpp"
#include "products.hpp"
#include "softmax.hpp"

namespace bitnet {

/// Rows of queries, `group` of them a token, and what they have seen of the keys so far.
struct AttentionTile {
    static constexpr float masked = -1e30F;  // exp(masked - peak) is 0, and unlike -inf it is never NaN

    std::size_t rows, group;
    std::size_t position;                 // of the first token
    const float* queries;                 // [rows, head_dim], times 1/sqrt(head_dim)
    float *scores, *keys, *block_values;  // scratch for one block of keys
    float* values;                        // [rows, value_stride], weighted by the softmax, not yet divided by `sum`
    float* peak;                          // the largest score of each row
    float* sum;                           // of exp(score - peak)
    const std::byte* next;                // the block that comes after this one: few rows ask for it meanwhile
};

inline namespace TERNION_ABI {

/// Turns scores of keys `first_key` and following into exp(score - peak), with what came before scaled to the new peak.
inline void softmax_step(const AttentionTile& tile, std::size_t stride, std::size_t first_key, std::size_t keys) {
    for (std::size_t r = 0; r < tile.rows; ++r) {
        const std::size_t position = tile.position + r / tile.group;
        const std::size_t visible = position < first_key ? 0 : std::min(keys, position - first_key + 1);
        const std::span<float, column_block> scores(tile.scores + r * column_block, column_block);
        for (std::size_t i = visible; i < column_block; ++i)
            scores[i] = AttentionTile::masked;

        const float peak = std::max(tile.peak[r], largest(scores));
        const float fade = std::exp(tile.peak[r] - peak);
        for (std::size_t i = 0; i < column_block; ++i)
            scores[i] = exp_of_negative(scores[i] - peak);
        tile.sum[r] = tile.sum[r] * fade + bitnet::sum(scores);
        tile.peak[r] = peak;
        if (fade == 1.0F) continue;
        float* values = tile.values + r * stride;
        for (std::size_t d = 0; d < stride; ++d)
            values[d] *= fade;
    }
}

/// Few rows multiply a block's numbers from where they are: widening them first would take as long as the products.
template <class T>
void attend_streamed(const AttentionTile& tile, const KvFormat& format, const std::byte* block, std::size_t first_key,
                     std::size_t keys) {
    const std::size_t dim = format.head_dim(), stride = format.value_stride();
    const std::uintptr_t ahead = reinterpret_cast<std::uintptr_t>(tile.next) - reinterpret_cast<std::uintptr_t>(block);
    add_streamed_product(tile.queries, dim, reinterpret_cast<const T*>(block), column_block, tile.scores, column_block,
                         tile.rows, column_block, dim, ahead);
    softmax_step(tile, stride, first_key, keys);
    add_streamed_product(tile.scores, column_block, reinterpret_cast<const T*>(block + format.values_offset()), stride,
                         tile.values, stride, tile.rows, stride, keys, ahead);
}

/// Adds a block of the KV cache, of which `keys` tokens from position `first_key` on may be seen, to a tile.
inline void attend(const AttentionTile& tile, const KvFormat& format, const std::byte* block, std::size_t first_key,
                   std::size_t keys) {
    constexpr std::size_t few_rows = 8;
    const std::size_t dim = format.head_dim(), stride = format.value_stride();
    std::fill_n(tile.scores, tile.rows * column_block, 0.0F);
    if (tile.rows <= few_rows && format.type() == KvType::f16)
        return attend_streamed<ternion::Float16>(tile, format, block, first_key, keys);
    if (tile.rows <= few_rows && format.type() == KvType::f32)
        return attend_streamed<float>(tile, format, block, first_key, keys);
    add_product(tile.queries, dim, keys_of(format, block, tile.keys), column_block, tile.scores, column_block,
                tile.rows, column_block, dim);
    softmax_step(tile, stride, first_key, keys);
    add_product(tile.scores, column_block, values_of(format, block, tile.block_values), stride, tile.values, stride,
                tile.rows, stride, keys);
}

}  // namespace TERNION_ABI
}  // namespace bitnet
