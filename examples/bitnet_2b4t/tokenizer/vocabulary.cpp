#include "vocabulary.hpp"

namespace bitnet {

int Vocabulary::add(std::string_view bytes, TokenKind kind) {
    bytes_ += bytes;
    ends_.push_back(bytes_.size());
    kinds_.push_back(kind);
    return static_cast<int>(kinds_.size()) - 1;
}

std::string_view Vocabulary::bytes(int id) const {
    const auto index = static_cast<std::size_t>(id);
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(bytes_).substr(begin, ends_[index] - begin);
}

int Vocabulary::find_special(std::string_view name) const {
    for (int id = 0; id < static_cast<int>(size()); ++id) {
        if (kind(id) == TokenKind::special && bytes(id) == name) return id;
    }
    return -1;
}

TokenIndex::TokenIndex(const Vocabulary& vocabulary) {
    ids_.reserve(vocabulary.size());
    for (int id = 0; id < static_cast<int>(vocabulary.size()); ++id) {
        if (vocabulary.kind(id) == TokenKind::text) ids_.try_emplace(vocabulary.bytes(id), id);
    }
}

int TokenIndex::find(std::string_view bytes) const {
    const auto found = ids_.find(bytes);
    return found == ids_.end() ? -1 : found->second;
}

}  // namespace bitnet
