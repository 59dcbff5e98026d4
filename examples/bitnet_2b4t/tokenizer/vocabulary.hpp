#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text_splitter.hpp"

namespace bitnet {

enum class TokenKind : std::uint8_t {
    text,          // the result of merges
    special,       // recognised only where the caller allows it, and not shown; decodes to its name
    user_defined,  // recognised wherever its text stands, and shown
    byte,          // for what no text token stands for, where merges work on characters
    unused,        // a number that stands for nothing
};

/// How tokens are made of a piece of text.
enum class TokenizerKind : std::uint8_t {
    byte_pairs,       // merges by rank, from bytes
    character_pairs,  // merges by rank, from characters; tokens have a space where files have U+2581
    sentence_pieces,  // the two whose union has the highest score, from characters; spaces as before
};

/// When encoding puts a space in front of a text.
enum class SpacePrefix : std::uint8_t {
    never,
    first,    // of the text
    segment,  // of each part between special and user-defined tokens
};

/// Tokens `left` and `right`, where they meet, may become `merged`; the lowest rank goes first.
struct Merge {
    int left;
    int right;
    int merged;
    std::uint32_t rank;
};

/// The data of a tokenizer, from whatever file: tokens by id, what makes them of a text, and the special ids (-1 where
/// there is none). What isn't said is as LLaMA-3 has it. Plain data; `Tokenizer` checks it and does the work.
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
    std::vector<float> scores;  // of each token, for sentence pieces
    TokenizerKind tokenizer = TokenizerKind::byte_pairs;
    SplitPattern split = SplitPattern::llama3;
    bool whole_pieces = true;  // a piece of text that is a token needs no merges
    bool composed = false;     // text is expected in Unicode's normal form C, to which the original brings it
    SpacePrefix space_prefix = SpacePrefix::never;
    bool add_bos = true;  // in front of a text, where there is a BOS
    bool add_eos = false;
    int bos = -1;
    int eos = -1;
    int end_of_turn = -1;
    std::vector<int> stops;     // further ids that end a text or a turn
    std::string chat_template;  // in Jinja, as it came with the model; empty where none did
    bool of_bitnet = false;     // comes with a model of architecture BitNet, whose own template is no part of old files
};

/// The special tokens by whose names a text or a turn is known to end, whatever else a file says.
std::vector<int> known_stops(const Vocabulary& vocabulary);

/// The token of each byte: where merges start, or what stands for text that has no other token. Throws
/// std::runtime_error where one is missing.
std::array<int, 256> byte_tokens(const Vocabulary& vocabulary);

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
