#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <span>
#include <string_view>
#include <vector>

#include "vocabulary.hpp"

namespace bitnet {

/// Byte pair encoding of one piece of text: a token that stands for the whole piece, where the vocabulary wants that,
/// else the tokens of its bytes (or of its characters, and for one that has none, of its bytes), merged by rank, the
/// leftmost first among equals. n bytes take O(n log n) steps.
class BytePairs {
 public:
    /// Throws std::runtime_error where a byte has no token. The vocabulary must outlive this.
    explicit BytePairs(const Vocabulary& vocabulary);

    /// Tokens that haven't been merged yet, each with its neighbours.
    struct Part {
        int id;
        std::size_t previous;
        std::size_t next;
    };
    /// A merge that may be the next, and where its left part is. The first in order goes first.
    struct Candidate {
        std::uint32_t rank;
        std::size_t position;
        const Merge* merge;
        auto operator<=>(const Candidate&) const = default;
    };
    /// Scratch memory for `encode`, one a caller.
    struct Workspace {
        std::size_t steps = 0;  // candidates looked at so far: fewer than three for each byte
        std::vector<Part> parts;
        std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
    };

    void encode(std::string_view piece, std::vector<int>& ids, Workspace& workspace) const;

 private:
    std::size_t place_of(int left, int right) const;
    void start(std::string_view piece, Workspace& workspace) const;
    void propose(std::size_t left, Workspace& workspace) const;
    void merge_all(Workspace& workspace) const;

    TokenIndex index_;
    std::span<const Merge> merges_;
    IdTable merge_ids_;  // their indices, by their pair; of several of the same one, the lowest rank
    std::array<int, 256> byte_ids_;
    bool whole_pieces_;
    bool characters_;
};

}  // namespace bitnet
