#include "printable_merge.hpp"

#include <cstdint>

#include "printable_bytes.hpp"

namespace bitnet {

void add_printable_merge(Vocabulary& vocabulary, const TokenIndex& index, std::string_view left, std::string_view right,
                         std::size_t rank) {
    const auto left_bytes = from_printable(left);
    const auto right_bytes = from_printable(right);
    if (!left_bytes || !right_bytes) return;
    const Merge merge{index.find(*left_bytes), index.find(*right_bytes), index.find(*left_bytes + *right_bytes),
                      static_cast<std::uint32_t>(rank)};
    if (merge.left >= 0 && merge.right >= 0 && merge.merged >= 0) vocabulary.merges.push_back(merge);
}

}  // namespace bitnet
