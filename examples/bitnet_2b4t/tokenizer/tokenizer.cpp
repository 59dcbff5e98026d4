#include <algorithm>
#include <array>
#include <bitnet/tokenizer.hpp>
#include <stdexcept>
#include <utility>

#include "byte_pairs.hpp"
#include "text_splitter.hpp"
#include "vocabulary.hpp"

namespace bitnet {
namespace {

std::size_t first_byte(std::string_view text) {
    return static_cast<unsigned char>(text[0]);
}

void check(const Vocabulary& vocabulary) {
    const auto known = [&](int id) { return id >= 0 && static_cast<std::size_t>(id) < vocabulary.size(); };
    const std::string size = std::to_string(vocabulary.size());
    for (const Merge& merge : vocabulary.merges) {
        if (known(merge.left) && known(merge.right) && known(merge.merged)) continue;
        throw std::runtime_error("expected merges of tokens below " + size + ", found another");
    }
    for (const int id : {vocabulary.bos, vocabulary.eos, vocabulary.end_of_turn}) {
        if (id == -1 || known(id)) continue;
        throw std::runtime_error("expected special ids below " + size + ", found " + std::to_string(id));
    }
}

}  // namespace

struct Tokenizer::State {
    struct Special {
        std::string_view name;
        int id;
    };

    explicit State(Vocabulary given) : vocabulary(std::move(given)), pairs(vocabulary) {
        check(vocabulary);
        for (int id = 0; id < static_cast<int>(vocabulary.size()); ++id) {
            const std::string_view name = vocabulary.bytes(id);
            if (vocabulary.kind(id) == TokenKind::special && !name.empty())
                specials[first_byte(name)].push_back({name, id});
        }
        for (auto& names : specials) {
            std::sort(names.begin(), names.end(), [](const Special& a, const Special& b) {
                return std::pair(b.name.size(), a.id) < std::pair(a.name.size(), b.id);
            });
        }
    }

    const Special* special_at(std::string_view text) const {
        for (const Special& special : specials[first_byte(text)]) {
            if (text.starts_with(special.name)) return &special;
        }
        return nullptr;
    }

    const Vocabulary vocabulary;  // where the others point to
    const BytePairs pairs;
    std::array<std::vector<Special>, 256> specials;  // by the first byte of their names, the longest names first
};

Tokenizer::Tokenizer(Vocabulary vocabulary) : state_(std::make_unique<const State>(std::move(vocabulary))) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

std::size_t Tokenizer::size() const {
    return state_->vocabulary.size();
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

std::vector<int> Tokenizer::encode(std::string_view text, bool parse_special) const {
    std::vector<int> ids;
    BytePairs::Workspace workspace;
    const auto encode_text = [&](std::string_view part) {
        split_text(part, [&](std::string_view piece) { state_->pairs.encode(piece, ids, workspace); });
    };
    std::size_t begin = 0;
    for (std::size_t at = 0; parse_special && at < text.size();) {
        const State::Special* special = state_->special_at(text.substr(at));
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

std::vector<int> Tokenizer::encode_with_bos(std::string_view text, bool parse_special) const {
    std::vector<int> ids = encode(text, parse_special);
    if (bos() >= 0) ids.insert(ids.begin(), bos());
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

bool Tokenizer::is_special(int id) const {
    piece(id);
    return state_->vocabulary.kind(id) == TokenKind::special;
}

std::optional<int> Tokenizer::special(std::string_view name) const {
    const int id = name.empty() ? -1 : state_->vocabulary.find_special(name);
    return id < 0 ? std::nullopt : std::optional(id);
}

}  // namespace bitnet
