#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bitnet {

enum class TokenKind : std::uint8_t {
    text,     // the result of merges
    special,  // recognised only where the caller allows it; decodes to its name
    unused,   // a number that stands for nothing
};

/// Tokens `left` and `right`, where they meet, may become `merged`; the lowest rank goes first.
struct Merge {
    int left;
    int right;
    int merged;
    std::uint32_t rank;
};

/// The data of a byte-level BPE tokenizer, from whatever file: tokens by id, merges and the special ids (-1 where there
/// is none). Plain data; `Tokenizer` checks it and does the work.
struct Vocabulary {
    struct Token {
        std::string bytes;
        TokenKind kind = TokenKind::unused;
    };

    int add(std::string_view bytes, TokenKind kind);
    std::size_t size() const { return tokens.size(); }
    std::string_view bytes(int id) const { return tokens[static_cast<std::size_t>(id)].bytes; }
    TokenKind kind(int id) const { return tokens[static_cast<std::size_t>(id)].kind; }
    /// The id of a special token by its name, -1 where there is none.
    int find_special(std::string_view name) const;

    std::vector<Token> tokens;
    std::vector<Merge> merges;
    int bos = -1;
    int eos = -1;
    int end_of_turn = -1;
};

/// Ids by a hash of what they stand for: `slots[place_of(hash, same)]` is the one that `same` recognises, or -1 where
/// it would go. With std::unordered_map, loading takes twice as long and encoding three times.
struct IdTable {
    /// For at most `most` ids.
    explicit IdTable(std::size_t most) : slots(std::bit_ceil(2 * most + 1), -1) {}

    template <class Same>
    std::size_t place_of(std::size_t hash, const Same& same) const {
        std::size_t place = hash & (slots.size() - 1);
        while (slots[place] >= 0 && !same(slots[place]))
            place = (place + 1) & (slots.size() - 1);
        return place;
    }

    std::vector<int> slots;  // at most half are taken
};

/// Finds the text token that stands for given bytes. Of several tokens with the same bytes it finds the first. The
/// vocabulary must outlive it and stay as it is.
class TokenIndex {
 public:
    explicit TokenIndex(const Vocabulary& vocabulary);

    /// -1 where there is none.
    int find(std::string_view bytes) const;

 private:
    std::size_t place_of(std::string_view bytes) const;

    const Vocabulary* vocabulary_;
    IdTable ids_;
};

}  // namespace bitnet
