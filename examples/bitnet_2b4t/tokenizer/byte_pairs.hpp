#pragma once

#include <array>
#include <cstddef>
#include <queue>
#include <span>
#include <string_view>
#include <vector>

#include "token_index.hpp"

namespace bitnet {

/// Finds the merge of two neighbouring tokens. Of several merges of the same pair it finds the one of lowest rank.
class MergeTable {
 public:
    explicit MergeTable(std::span<const Merge> merges);

    /// Null where the two don't merge.
    const Merge* find(int left, int right) const;

 private:
    std::size_t slot_of(int left, int right) const;

    std::vector<Merge> slots_;  // by hash; left is -1 where empty; at most half are taken
};

/// Byte pair encoding of one piece of text: a token that stands for the whole piece, else the bytes' own tokens,
/// merged by rank, the leftmost first among equals. n bytes take O(n log n) steps.
class BytePairs {
 public:
    /// Throws std::runtime_error where a byte has no token. The vocabulary must outlive this.
    explicit BytePairs(const Vocabulary& vocabulary);

    /// Scratch memory for `encode`, one a caller.
    class Workspace {
     public:
        /// Possible merges looked at so far: fewer than three for each byte.
        std::size_t steps() const { return steps_; }

     private:
        friend class BytePairs;
        struct Part {
            int id;
            std::size_t previous;
            std::size_t next;
        };
        struct Candidate {
            const Merge* merge;
            std::size_t position;  // of the left part
            bool operator>(const Candidate& other) const {
                if (merge->rank != other.merge->rank) return merge->rank > other.merge->rank;
                return position > other.position;
            }
        };
        std::size_t steps_ = 0;
        std::vector<Part> parts;
        std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> candidates;
    };

    void encode(std::string_view piece, std::vector<int>& ids, Workspace& workspace) const;

 private:
    void propose(std::size_t left, Workspace& workspace) const;
    void merge_all(Workspace& workspace) const;

    TokenIndex index_;
    MergeTable merges_;
    std::array<int, 256> byte_ids_;
};

}  // namespace bitnet
