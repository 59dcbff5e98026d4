#pragma once

#include <cstddef>
#include <cstdint>
#include <ternion/core/shape.hpp>

namespace bitnet {

/// Columns of the small matrix products of attention come in multiples of this.
inline constexpr std::size_t column_block = 64;

/// Numbers of a KV cache. i8: 8 bits by absmax, with a scale for each token, head, and keys and values.
enum class KvType : std::uint8_t { f32, f16, i8 };

/// How one head's keys and values of 64 tokens lie in memory: keys as [head_dim, 64], values as [64, value_stride], so
/// that both products of attention read rows; with i8 each followed by 64 scales. Rows of values are rounded up to
/// whole columns, with zeros beyond head_dim. Blocks begin as zeros.
class KvFormat {
 public:
    static constexpr std::size_t block = column_block;
    static constexpr std::size_t widest_head = 4096;

    /// Throws std::invalid_argument for heads wider than 4096.
    KvFormat(KvType type, std::size_t head_dim);

    KvType type() const { return type_; }
    std::size_t head_dim() const { return head_dim_; }
    std::size_t value_stride() const { return value_stride_; }
    std::size_t key_floats() const { return head_dim_ * block; }
    std::size_t value_floats() const { return block * value_stride_; }
    std::size_t values_offset() const { return key_floats() * number_bytes() + scales_bytes(); }
    std::size_t bytes() const { return values_offset() + value_floats() * number_bytes() + scales_bytes(); }

 private:
    std::size_t number_bytes() const { return type_ == KvType::f32 ? 4 : type_ == KvType::f16 ? 2 : 1; }
    std::size_t scales_bytes() const { return type_ == KvType::i8 ? block * sizeof(float) : 0; }

    KvType type_;
    std::size_t head_dim_, value_stride_;
};

}  // namespace bitnet
