#include "kv_format.hpp"

#include <array>
#include <stdexcept>
#include <string>

namespace bitnet {

KvFormat::KvFormat(KvType type, std::size_t head_dim)
    : type_(type), head_dim_(head_dim), value_stride_(ternion::round_up(head_dim, column_block)) {
    if (head_dim <= widest_head) return;
    throw std::invalid_argument("KV cache: expected heads of at most " + std::to_string(widest_head) + ", found " +
                                std::to_string(head_dim));
}

std::size_t KvFormat::bits() const {
    constexpr std::array<std::size_t, 5> of_types{32, 16, 8, 4, 3};
    return of_types[static_cast<std::size_t>(type_)];
}

std::size_t KvFormat::part_bytes(std::size_t numbers) const {
    if (bits() > 8) return scales_offset(numbers);
    const std::size_t first_token = type_ == KvType::i3 ? ternion::round_up(numbers / 8, sizeof(float)) : 0;
    return first_token_offset(numbers) + first_token;
}

}  // namespace bitnet
