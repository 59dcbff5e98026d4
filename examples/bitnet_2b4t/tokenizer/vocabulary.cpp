#include "vocabulary.hpp"

#include <functional>

namespace bitnet {

int Vocabulary::add(std::string_view bytes, TokenKind kind) {
    tokens.push_back({std::string(bytes), kind});
    return static_cast<int>(size()) - 1;
}

int Vocabulary::find_special(std::string_view name) const {
    for (int id = 0; id < static_cast<int>(size()); ++id) {
        if (kind(id) == TokenKind::special && bytes(id) == name) return id;
    }
    return -1;
}

TokenIndex::TokenIndex(const Vocabulary& vocabulary) : vocabulary_(&vocabulary), ids_(vocabulary.size()) {
    for (int id = 0; id < static_cast<int>(vocabulary.size()); ++id) {
        if (vocabulary.kind(id) != TokenKind::text) continue;
        int& slot = ids_.slots[place_of(vocabulary.bytes(id))];
        if (slot < 0) slot = id;
    }
}

int TokenIndex::find(std::string_view bytes) const {
    return ids_.slots[place_of(bytes)];
}

std::size_t TokenIndex::place_of(std::string_view bytes) const {
    return ids_.place_of(std::hash<std::string_view>{}(bytes), [&](int id) { return vocabulary_->bytes(id) == bytes; });
}

}  // namespace bitnet
