#include "vocabulary.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>

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

std::vector<int> known_stops(const Vocabulary& vocabulary) {
    std::vector<int> ids;
    for (const char* name : {"<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|endoftext|>", "<|end_of_text|>", "</s>"}) {
        if (const int id = vocabulary.find_special(name); id >= 0) ids.push_back(id);
    }
    return ids;
}

std::array<int, 256> byte_tokens(const Vocabulary& vocabulary) {
    const bool pairs = vocabulary.tokenizer == TokenizerKind::byte_pairs;
    std::array<int, 256> ids;
    ids.fill(-1);
    for (int id = static_cast<int>(vocabulary.size()) - 1; id >= 0; --id) {  // of several the first
        const std::string_view bytes = vocabulary.bytes(id);
        if (vocabulary.kind(id) != (pairs ? TokenKind::text : TokenKind::byte) || bytes.size() != 1) continue;
        ids[static_cast<unsigned char>(bytes[0])] = id;
    }
    const auto missing = std::find(ids.begin(), ids.end(), -1);
    if (missing == ids.end()) return ids;
    throw std::runtime_error("expected a token for each byte, found none for " + std::to_string(missing - ids.begin()));
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
