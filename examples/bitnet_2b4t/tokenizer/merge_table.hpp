#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vocabulary.hpp"

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

}  // namespace bitnet
