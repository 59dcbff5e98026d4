#include "byte_pairs.hpp"

#include <bit>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace bitnet {
namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);
constexpr int merged_away = -1;

}  // namespace

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

BytePairs::BytePairs(const Vocabulary& vocabulary) : index_(vocabulary), merges_(vocabulary.merges) {
    for (std::size_t byte = 0; byte < byte_ids_.size(); ++byte) {
        const char c = static_cast<char>(byte);
        byte_ids_[byte] = index_.find({&c, 1});
        if (byte_ids_[byte] < 0) {
            throw std::runtime_error("expected a token for each byte, found none for " + std::to_string(byte));
        }
    }
}

void BytePairs::encode(std::string_view piece, std::vector<int>& ids, Workspace& workspace) const {
    if (const int whole = index_.find(piece); whole >= 0) {
        ids.push_back(whole);
        return;
    }
    auto& parts = workspace.parts;
    parts.clear();
    for (std::size_t i = 0; i < piece.size(); ++i) {
        const int id = byte_ids_[static_cast<unsigned char>(piece[i])];
        parts.push_back({id, i == 0 ? none : i - 1, i + 1 == piece.size() ? none : i + 1});
    }
    merge_all(workspace);
    for (const auto& part : parts) {
        if (part.id != merged_away) ids.push_back(part.id);
    }
}

void BytePairs::propose(std::size_t left, Workspace& workspace) const {
    if (left == none) return;
    const auto& part = workspace.parts[left];
    if (part.next == none) return;
    if (const Merge* merge = merges_.find(part.id, workspace.parts[part.next].id)) {
        workspace.candidates.push({merge, left});
    }
}

void BytePairs::merge_all(Workspace& workspace) const {
    auto& [steps, parts, candidates] = workspace;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i)
        propose(i, workspace);
    while (!candidates.empty()) {
        const auto [merge, position] = candidates.top();
        candidates.pop();
        ++steps;
        auto& left = parts[position];
        // A part may have changed since it was proposed; then it is no longer these two that meet here.
        if (left.id != merge->left || left.next == none || parts[left.next].id != merge->right) continue;
        auto& right = parts[left.next];
        left.id = merge->merged;
        left.next = right.next;
        right.id = merged_away;
        if (left.next != none) parts[left.next].previous = position;
        propose(left.previous, workspace);
        propose(position, workspace);
    }
}

}  // namespace bitnet
