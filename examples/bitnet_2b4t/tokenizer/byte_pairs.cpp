#include "byte_pairs.hpp"

#include <program/io/utf8.hpp>

namespace bitnet {
namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);
constexpr int merged_away = -1;

}  // namespace

BytePairs::BytePairs(const Vocabulary& vocabulary)
    : index_(vocabulary),
      merges_(vocabulary.merges),
      merge_ids_(merges_.size()),
      byte_ids_(byte_tokens(vocabulary)),
      whole_pieces_(vocabulary.whole_pieces),
      characters_(vocabulary.tokenizer == TokenizerKind::character_pairs) {
    for (std::size_t i = 0; i < merges_.size(); ++i) {
        int& slot = merge_ids_.slots[place_of(merges_[i].left, merges_[i].right)];
        if (slot < 0 || merges_[i].rank < merges_[static_cast<std::size_t>(slot)].rank) slot = static_cast<int>(i);
    }
}

void BytePairs::encode(std::string_view piece, std::vector<int>& ids, Workspace& workspace) const {
    const int whole = whole_pieces_ ? index_.find(piece) : -1;
    if (whole >= 0) {
        ids.push_back(whole);
        return;
    }
    start(piece, workspace);
    merge_all(workspace);
    for (const auto& part : workspace.parts) {
        if (part.id != merged_away) ids.push_back(part.id);
    }
}

void BytePairs::start(std::string_view piece, Workspace& workspace) const {
    auto& parts = workspace.parts;
    parts.clear();
    const auto add = [&](int id) { parts.push_back({id, parts.size() - 1, parts.size() + 1}); };  // 0 - 1 is none
    while (!piece.empty()) {
        const std::string_view unit = piece.substr(0, characters_ ? program::utf8_step(piece).length : 1);
        piece.remove_prefix(unit.size());
        if (const int id = characters_ ? index_.find(unit) : -1; id >= 0) {
            add(id);
            continue;
        }
        for (const char c : unit)
            add(byte_ids_[static_cast<unsigned char>(c)]);
    }
    if (!parts.empty()) parts.back().next = none;
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
