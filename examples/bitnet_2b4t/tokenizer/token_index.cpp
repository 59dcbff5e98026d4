#include "token_index.hpp"

#include <bit>
#include <functional>

namespace bitnet {

TokenIndex::TokenIndex(const Vocabulary& vocabulary)
    : vocabulary_(&vocabulary), slots_(std::bit_ceil(2 * vocabulary.size() + 1), -1) {
    for (int id = 0; id < static_cast<int>(vocabulary.size()); ++id) {
        if (vocabulary.kind(id) != TokenKind::text) continue;
        int& slot = slots_[slot_of(vocabulary.bytes(id))];
        if (slot < 0) slot = id;
    }
}

int TokenIndex::find(std::string_view bytes) const {
    return slots_[slot_of(bytes)];
}

std::size_t TokenIndex::slot_of(std::string_view bytes) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = std::hash<std::string_view>{}(bytes)&mask;
    while (slots_[slot] >= 0 && vocabulary_->bytes(slots_[slot]) != bytes)
        slot = (slot + 1) & mask;
    return slot;
}

}  // namespace bitnet
