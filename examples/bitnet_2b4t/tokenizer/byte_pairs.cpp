#include "byte_pairs.hpp"

#include <stdexcept>
#include <string>

namespace bitnet {
namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);
constexpr int merged_away = -1;

}  // namespace

BytePairs::BytePairs(const Vocabulary& vocabulary)
    : index_(vocabulary), merges_(vocabulary.merges), merge_ids_(merges_.size()) {
    for (std::size_t i = 0; i < merges_.size(); ++i) {
        int& slot = merge_ids_.slots[place_of(merges_[i].left, merges_[i].right)];
        if (slot < 0 || merges_[i].rank < merges_[static_cast<std::size_t>(slot)].rank) slot = static_cast<int>(i);
    }
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

std::size_t BytePairs::place_of(int left, int right) const {
    const auto pair = static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
    // Multiplying by an odd number near 2^64 / golden ratio spreads the pair over the upper bits.
    return merge_ids_.place_of(static_cast<std::size_t>((pair * 0x9e3779b97f4a7c15U) >> 32), [&](int id) {
        const Merge& merge = merges_[static_cast<std::size_t>(id)];
        return merge.left == left && merge.right == right;
    });
}

void BytePairs::propose(std::size_t left, Workspace& workspace) const {
    if (left == none) return;
    const auto& part = workspace.parts[left];
    if (part.next == none) return;
    const int id = merge_ids_.slots[place_of(part.id, workspace.parts[part.next].id)];
    if (id < 0) return;
    const Merge& merge = merges_[static_cast<std::size_t>(id)];
    workspace.candidates.push({merge.rank, left, &merge});
}

void BytePairs::merge_all(Workspace& workspace) const {
    auto& [steps, parts, candidates] = workspace;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i)
        propose(i, workspace);
    while (!candidates.empty()) {
        const auto [rank, position, merge] = candidates.top();
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
