#include "sentence_pieces.hpp"

#include <cmath>
#include <stdexcept>

#include <program/io/utf8.hpp>

namespace bitnet {
namespace {

constexpr std::size_t none = static_cast<std::size_t>(-1);

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
    std::string all;
    while (!text.empty()) {
        const bool found = text.starts_with(from);
        all += found ? to : text.substr(0, 1);
        text.remove_prefix(found ? from.size() : 1);
    }
    return all;
}

constexpr std::string_view hexadecimal = "0123456789ABCDEF";
constexpr std::string_view mark = "\xe2\x96\x81";

}  // namespace

std::string with_spaces(std::string_view text) {
    return replaced(text, mark, " ");
}

std::string with_marks(std::string_view text) {
    return replaced(text, " ", mark);
}

std::optional<char> byte_of_name(std::string_view name) {
    if (name.size() != 6 || !name.starts_with("<0x") || name[5] != '>') return std::nullopt;
    const std::size_t high = hexadecimal.find(name[3]), low = hexadecimal.find(name[4]);
    if (high == hexadecimal.npos || low == hexadecimal.npos) return std::nullopt;
    return static_cast<char>(high << 4 | low);
}

std::string name_of_byte(char byte) {
    const auto number = static_cast<unsigned char>(byte);
    return std::string("<0x") + hexadecimal[number >> 4] + hexadecimal[number & 15] + ">";
}

SentencePieces::SentencePieces(const Vocabulary& vocabulary)
    : index_(vocabulary), scores_(&vocabulary.scores), byte_ids_(byte_tokens(vocabulary)) {
    if (scores_->size() != vocabulary.size()) {
        throw std::runtime_error("expected a score for each of " + std::to_string(vocabulary.size()) +
                                 " tokens, found " + std::to_string(scores_->size()));
    }
    for (const float score : *scores_) {
        if (std::isnan(score)) throw std::runtime_error("expected scores of tokens, found one that is no number");
    }
}

void SentencePieces::encode(std::string_view text, std::vector<int>& ids) const {
    Workspace workspace;
    workspace.text = text;
    auto& parts = workspace.parts;
    for (std::size_t at = 0; at < text.size(); at += parts.back().size) {
        const std::size_t size = program::utf8_step(text.substr(at)).length;
        parts.push_back({at, size, parts.size() - 1, parts.size() + 1});  // 0 - 1 is none
    }
    if (!parts.empty()) parts.back().next = none;
    join_all(workspace);
    for (const Part& part : parts) {
        if (part.size == 0) continue;
        const std::string_view piece = text.substr(part.begin, part.size);
        if (const int id = index_.find(piece); id >= 0) {
            ids.push_back(id);
            continue;
        }
        for (const char c : piece)
            ids.push_back(byte_ids_[static_cast<unsigned char>(c)]);
    }
}

void SentencePieces::propose(std::size_t left, Workspace& workspace) const {
    if (left == none || workspace.parts[left].next == none) return;
    const Part& part = workspace.parts[left];
    const std::size_t size = part.size + workspace.parts[part.next].size;
    const int id = index_.find(workspace.text.substr(part.begin, size));
    if (id >= 0) workspace.candidates.push({(*scores_)[static_cast<std::size_t>(id)], left, size});
}

void SentencePieces::join_all(Workspace& workspace) const {
    auto& [text, parts, candidates] = workspace;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i)
        propose(i, workspace);
    while (!candidates.empty()) {
        const Candidate best = candidates.top();
        candidates.pop();
        Part& left = parts[best.left];
        // A part may have changed since it was proposed.
        if (left.size == 0 || left.next == none || left.size + parts[left.next].size != best.size) continue;
        Part& right = parts[left.next];
        left.size = best.size;
        left.next = right.next;
        right.size = 0;
        if (left.next != none) parts[left.next].previous = best.left;
        propose(left.previous, workspace);
        propose(best.left, workspace);
    }
}

}  // namespace bitnet
