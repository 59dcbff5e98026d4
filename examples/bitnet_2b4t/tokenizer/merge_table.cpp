#include "merge_table.hpp"

#include <bit>

namespace bitnet {

MergeTable::MergeTable(std::span<const Merge> merges)
    : slots_(std::bit_ceil(2 * merges.size() + 1), Merge{-1, -1, -1, 0}) {
    for (const Merge& merge : merges) {
        Merge& slot = slots_[slot_of(merge.left, merge.right)];
        if (slot.left < 0 || merge.rank < slot.rank) slot = merge;
    }
}

const Merge* MergeTable::find(int left, int right) const {
    const Merge& slot = slots_[slot_of(left, right)];
    return slot.left < 0 ? nullptr : &slot;
}

std::size_t MergeTable::slot_of(int left, int right) const {
    const std::size_t mask = slots_.size() - 1;
    const auto pair = static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
    // Multiplying by an odd number near 2^64 / golden ratio spreads the pair over the upper bits.
    std::size_t slot = static_cast<std::size_t>((pair * 0x9e3779b97f4a7c15U) >> 32) & mask;
    while (slots_[slot].left >= 0 && (slots_[slot].left != left || slots_[slot].right != right)) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

}  // namespace bitnet
