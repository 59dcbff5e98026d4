#include <algorithm>
#include <array>
#include <bitnet/tokenizer.hpp>
#include <optional>
#include <stdexcept>
#include <utility>

#include "byte_pairs.hpp"
#include "composition.hpp"
#include "sentence_pieces.hpp"
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
    std::vector<int> ids = {vocabulary.bos, vocabulary.eos, vocabulary.end_of_turn};
    ids.insert(ids.end(), vocabulary.stops.begin(), vocabulary.stops.end());
    for (const int id : ids) {
        if (id == -1 || known(id)) continue;
        throw std::runtime_error("expected special ids below " + size + ", found " + std::to_string(id));
    }
}

}  // namespace

struct Tokenizer::State {
    /// A token that stands in text by its name.
    struct Named {
        std::string_view name;
        int id;
        bool special;
    };
    /// Where names of special tokens are text.
    struct Content {
        std::size_t begin, end;
    };

    explicit State(Vocabulary given) : vocabulary(std::move(given)) {
        check(vocabulary);
        if (vocabulary.tokenizer == TokenizerKind::sentence_pieces) {
            pieces.emplace(vocabulary);
        } else {
            pairs.emplace(vocabulary);
        }
        for (int id = 0; id < static_cast<int>(vocabulary.size()); ++id) {
            const std::string_view name = vocabulary.bytes(id);
            const TokenKind kind = vocabulary.kind(id);
            if ((kind == TokenKind::special || kind == TokenKind::user_defined) && !name.empty())
                named[first_byte(name)].push_back({name, id, kind == TokenKind::special});
        }
        for (auto& names : named) {
            std::sort(names.begin(), names.end(), [](const Named& a, const Named& b) {
                return std::pair(b.name.size(), a.id) < std::pair(a.name.size(), b.id);
            });
        }
    }

    const Named* named_at(std::string_view text, std::size_t at, Content content) const {
        for (const Named& one : named[first_byte(text.substr(at))]) {
            if (!text.substr(at).starts_with(one.name)) continue;
            if (!one.special || at + one.name.size() <= content.begin || at >= content.end) return &one;
        }
        return nullptr;
    }

    /// A part of a text without named tokens.
    void encode_segment(std::string_view part, bool first, std::vector<int>& ids,
                        BytePairs::Workspace& workspace) const {
        if (part.empty()) return;
        std::string normal, spaced;
        if (vocabulary.composed) part = normal = composed(part);
        if (vocabulary.tokenizer != TokenizerKind::byte_pairs) {
            const bool prefix = vocabulary.space_prefix == SpacePrefix::segment ||
                                (first && vocabulary.space_prefix == SpacePrefix::first);
            part = spaced = (prefix ? " " : "") + with_spaces(part);
        }
        if (pieces) return pieces->encode(part, ids);
        split_text(part, vocabulary.split, [&](std::string_view piece) { pairs->encode(piece, ids, workspace); });
    }

    std::vector<int> encode(std::string_view text, Content content) const {
        std::vector<int> ids;
        BytePairs::Workspace workspace;
        std::size_t begin = 0;
        for (std::size_t at = 0; at < text.size();) {
            const Named* found = named_at(text, at, content);
            if (!found) {
                ++at;
                continue;
            }
            encode_segment(text.substr(begin, at - begin), begin == 0, ids, workspace);
            ids.push_back(found->id);
            begin = at += found->name.size();
        }
        encode_segment(text.substr(begin), begin == 0, ids, workspace);
        return ids;
    }

    const Vocabulary vocabulary;  // where the others point to
    std::optional<BytePairs> pairs;
    std::optional<SentencePieces> pieces;
    std::array<std::vector<Named>, 256> named;  // by the first byte of their names, the longest names first
};

Tokenizer::Tokenizer(Vocabulary vocabulary) : state_(std::make_unique<const State>(std::move(vocabulary))) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

std::size_t Tokenizer::size() const {
    return state_->vocabulary.size();
}
int Tokenizer::bos() const {
    return state_->vocabulary.add_bos ? state_->vocabulary.bos : -1;
}
int Tokenizer::eos() const {
    return state_->vocabulary.eos;
}
int Tokenizer::end_of_turn() const {
    return state_->vocabulary.end_of_turn;
}
const Vocabulary& Tokenizer::vocabulary() const {
    return state_->vocabulary;
}

bool Tokenizer::is_stop(int id) const {
    const std::vector<int>& stops = state_->vocabulary.stops;
    return id >= 0 && (id == eos() || id == end_of_turn() || std::find(stops.begin(), stops.end(), id) != stops.end());
}

std::vector<int> Tokenizer::encode(std::string_view text, bool parse_special) const {
    return state_->encode(text, {0, parse_special ? 0 : text.size()});
}

std::vector<int> Tokenizer::encode_with_bos(std::string_view text, bool parse_special) const {
    std::vector<int> ids = encode(text, parse_special);
    if (bos() >= 0) ids.insert(ids.begin(), bos());
    if (state_->vocabulary.add_eos && eos() >= 0) ids.push_back(eos());
    return ids;
}

std::vector<int> Tokenizer::encode_for_embedding(std::string_view text) const {
    std::vector<int> ids = encode_with_bos(text);
    const int end = special("<|endoftext|>").value_or(eos());
    if (end >= 0 && (ids.empty() || ids.back() != end)) ids.push_back(end);
    return ids;
}

std::vector<int> Tokenizer::encode_message(std::string_view before, std::string_view content,
                                           std::string_view after) const {
    const std::string text = std::string(before).append(content).append(after);
    return state_->encode(text, {before.size(), before.size() + content.size()});
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
    const bool prefixed = state_->vocabulary.space_prefix != SpacePrefix::never && text.starts_with(' ');
    return prefixed ? text.substr(1) : text;
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
