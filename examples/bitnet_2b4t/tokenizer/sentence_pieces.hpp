#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "vocabulary.hpp"

namespace bitnet {

/// A text as SentencePiece's tokenizers have it here, with a space for each U+2581, and as files have it.
std::string with_spaces(std::string_view text);
std::string with_marks(std::string_view text);
/// The byte that a token stands for by its name, <0x00> to <0xFF>; nothing for another one. And back.
std::optional<char> byte_of_name(std::string_view name);
std::string name_of_byte(char byte);

/// SentencePiece's BPE: from the characters of a text, the two neighbours are joined whose union is the token of the
/// highest score, the leftmost of equals, until there are none. A character that is no token becomes the tokens of its
/// bytes. n bytes take O(n log n) steps.
class SentencePieces {
 public:
    /// Throws std::runtime_error where a byte has no token or a token no score. The vocabulary must outlive this.
    explicit SentencePieces(const Vocabulary& vocabulary);

    void encode(std::string_view text, std::vector<int>& ids) const;

 private:
    /// A part of the text that is one token, or one character; `size` 0: joined to one before.
    struct Part {
        std::size_t begin, size, previous, next;
    };
    /// Two parts that may be joined, the left one and their size together. The greatest goes first.
    struct Candidate {
        float score;
        std::size_t left, size;
        bool operator<(const Candidate& other) const {
            return score < other.score || (score == other.score && left > other.left);
        }
    };
    struct Workspace {
        std::string_view text;
        std::vector<Part> parts;
        std::priority_queue<Candidate> candidates;
    };

    void propose(std::size_t left, Workspace& workspace) const;
    void join_all(Workspace& workspace) const;

    TokenIndex index_;
    const std::vector<float>* scores_;
    std::array<int, 256> byte_ids_;
};

}  // namespace bitnet
