#include "vocabulary.hpp"

namespace bitnet {

void Vocabulary::reserve(std::size_t tokens, std::size_t bytes) {
    bytes_.reserve(bytes);
    ends_.reserve(tokens);
    kinds_.reserve(tokens);
}

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

}  // namespace bitnet
