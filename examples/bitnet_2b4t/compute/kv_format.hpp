#pragma once

#include <bitnet/kv_type.hpp>
#include <cstddef>
#include <cstdint>
#include <ternion/core/shape.hpp>

namespace bitnet {

/// Columns of the small matrix products of attention come in multiples of this.
inline constexpr std::size_t column_block = 64;

/// How one head's keys and values of 64 tokens lie in memory: a part of keys [head_dim, 64] and a part of values [64,
/// value_stride], so that both products of attention read rows. Rows of values are rounded up to whole columns, with
/// zeros beyond head_dim. A part of codes (compute/kv_codes.hpp) is followed by 64 scales, and in i3 by a fourth bit
/// for each number of the sequence's first token. Blocks begin as zeros, which stand for zeros in all types.
class KvFormat {
 public:
    static constexpr std::size_t block = column_block;
    static constexpr std::size_t widest_head = 4096;

    /// Throws std::invalid_argument for heads wider than 4096.
    KvFormat(KvType type, std::size_t head_dim);

    KvType type() const { return type_; }
    std::size_t head_dim() const { return head_dim_; }
    /// Numbers of a token's key and value in memory.
    std::size_t key_numbers() const { return ternion::round_up(head_dim_, 8); }
    std::size_t value_stride() const { return value_stride_; }
    std::size_t key_floats() const { return block * key_numbers(); }
    std::size_t value_floats() const { return block * value_stride_; }

    std::size_t values_offset() const { return part_bytes(key_numbers()); }
    std::size_t bytes() const { return values_offset() + part_bytes(value_stride_); }
    /// Within a part of so many numbers a token.
    std::size_t scales_offset(std::size_t numbers) const { return block * numbers * bits() / 8; }
    std::size_t first_token_offset(std::size_t numbers) const { return scales_offset(numbers) + block * sizeof(float); }

 private:
    std::size_t bits() const;
    std::size_t part_bytes(std::size_t numbers) const;

    KvType type_;
    std::size_t head_dim_, value_stride_;
};

}  // namespace bitnet
