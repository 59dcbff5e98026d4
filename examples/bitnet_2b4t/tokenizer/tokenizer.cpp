#include "tokenizer.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "byte_pairs.hpp"
#include "text_splitter.hpp"

namespace bitnet {
namespace {

struct Special {
    std::string_view name;
    int id;
};

/// By the first byte of their names, the longest names first.
using Specials = std::array<std::vector<Special>, 256>;

std::size_t first_byte(std::string_view text) {
    return static_cast<unsigned char>(text[0]);
}

Specials collect_specials(const Vocabulary& vocabulary) {
    Specials specials;
    for (int id = 0; id < static_cast<int>(vocabulary.size()); ++id) {
        const std::string_view name = vocabulary.bytes(id);
        if (vocabulary.kind(id) == TokenKind::special && !name.empty()) {
            specials[first_byte(name)].push_back({name, id});
        }
    }
    for (auto& names : specials) {
        std::sort(names.begin(), names.end(), [](const Special& a, const Special& b) {
            return std::pair(b.name.size(), a.id) < std::pair(a.name.size(), b.id);
        });
    }
    return specials;
}

const Special* special_at(const Specials& specials, std::string_view text) {
    for (const Special& special : specials[first_byte(text)]) {
        if (text.starts_with(special.name)) return &special;
    }
    return nullptr;
}

void check(const Vocabulary& vocabulary) {
    const auto size = static_cast<int>(vocabulary.size());
    const auto known = [&](int id) { return id >= 0 && id < size; };
    for (const Merge& merge : vocabulary.merges) {
        if (!known(merge.left) || !known(merge.right) || !known(merge.merged)) {
            throw std::runtime_error("expected merges of tokens below " + std::to_string(size) + ", found another");
        }
    }
    for (const int id : {vocabulary.bos, vocabulary.eos, vocabulary.end_of_turn}) {
        if (id != -1 && !known(id)) {
            throw std::runtime_error("expected special ids below " + std::to_string(size) + ", found " +
                                     std::to_string(id));
        }
    }
}

const Vocabulary& checked(const Vocabulary& vocabulary) {
    check(vocabulary);
    return vocabulary;
}

}  // namespace

struct Tokenizer::State {
    explicit State(Vocabulary data)
        : vocabulary(std::move(data)), pairs(checked(vocabulary)), specials(collect_specials(vocabulary)) {}

    Vocabulary vocabulary;
    BytePairs pairs;
    Specials specials;
    TextSplitter splitter;
};

Tokenizer::Tokenizer(Vocabulary vocabulary) : state_(std::make_unique<State>(std::move(vocabulary))) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

std::vector<int> Tokenizer::encode(std::string_view text, bool parse_special) const {
    std::vector<int> ids;
    BytePairs::Workspace workspace;
    const auto encode_text = [&](std::string_view part) {
        state_->splitter.split(part, [&](std::string_view piece) { state_->pairs.encode(piece, ids, workspace); });
    };
    std::size_t begin = 0;
    for (std::size_t at = 0; parse_special && at < text.size();) {
        const Special* special = special_at(state_->specials, text.substr(at));
        if (!special) {
            ++at;
            continue;
        }
        encode_text(text.substr(begin, at - begin));
        ids.push_back(special->id);
        begin = at += special->name.size();
    }
    encode_text(text.substr(begin));
    return ids;
}

std::string_view Tokenizer::piece(int id) const {
    if (id < 0 || static_cast<std::size_t>(id) >= size()) {
        throw std::out_of_range("expected a token id below " + std::to_string(size()) + ", found " +
                                std::to_string(id));
    }
    return state_->vocabulary.bytes(id);
}

std::string Tokenizer::decode(std::span<const int> ids) const {
    std::string text;
    for (const int id : ids)
        text += piece(id);
    return text;
}

std::size_t Tokenizer::size() const {
    return state_->vocabulary.size();
}

bool Tokenizer::is_special(int id) const {
    piece(id);
    return state_->vocabulary.kind(id) == TokenKind::special;
}

std::optional<int> Tokenizer::special(std::string_view name) const {
    if (name.empty()) return std::nullopt;
    for (const Special& special : state_->specials[first_byte(name)]) {
        if (special.name == name) return special.id;
    }
    return std::nullopt;
}

int Tokenizer::bos() const {
    return state_->vocabulary.bos;
}
int Tokenizer::eos() const {
    return state_->vocabulary.eos;
}
int Tokenizer::end_of_turn() const {
    return state_->vocabulary.end_of_turn;
}

}  // namespace bitnet
