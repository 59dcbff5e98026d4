#include "byte_pairs.hpp"

#include <stdexcept>
#include <string>

namespace bitnet {
namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);
constexpr int merged_away = -1;

std::uint64_t pair_of(int left, int right) {
    return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
}

}  // namespace

BytePairs::BytePairs(const Vocabulary& vocabulary) : index_(vocabulary) {
    merges_.reserve(vocabulary.merges.size());
    for (const Merge& merge : vocabulary.merges) {
        const auto [place, added] = merges_.try_emplace(pair_of(merge.left, merge.right), merge);
        if (!added && merge.rank < place->second.rank) place->second = merge;
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

void BytePairs::propose(std::size_t left, Workspace& workspace) const {
    if (left == none) return;
    const auto& part = workspace.parts[left];
    if (part.next == none) return;
    const auto found = merges_.find(pair_of(part.id, workspace.parts[part.next].id));
    if (found != merges_.end()) workspace.candidates.push({found->second.rank, left, &found->second});
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
