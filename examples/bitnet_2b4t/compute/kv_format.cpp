#include "kv_format.hpp"

#include <stdexcept>
#include <string>

namespace bitnet {

KvFormat::KvFormat(KvType type, std::size_t head_dim)
    : type_(type), head_dim_(head_dim), value_stride_(ternion::round_up(head_dim, column_block)) {
    if (head_dim <= widest_head) return;
    throw std::invalid_argument("KV cache: expected heads of at most " + std::to_string(widest_head) + ", found " +
                                std::to_string(head_dim));
}

}  // namespace bitnet
