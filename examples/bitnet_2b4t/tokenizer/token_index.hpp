#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "vocabulary.hpp"

namespace bitnet {

/// Finds the text token that stands for given bytes. Of several tokens with the same bytes it finds the first. The
/// vocabulary must outlive it and stay as it is.
class TokenIndex {
 public:
    explicit TokenIndex(const Vocabulary& vocabulary);

    /// -1 where there is none.
    int find(std::string_view bytes) const;

 private:
    /// The slot that holds `bytes`, or the empty one where it would go.
    std::size_t slot_of(std::string_view bytes) const;

    const Vocabulary* vocabulary_;
    std::vector<int> slots_;  // ids by hash, -1 where empty; at most half are taken
};

}  // namespace bitnet
