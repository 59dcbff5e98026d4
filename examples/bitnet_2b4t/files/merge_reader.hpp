#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "../tokenizer/vocabulary.hpp"

namespace bitnet {

/// Adds merges to a vocabulary that has all of its tokens, in the order of their ranks. Both tokens of a merge and what
/// they become must be tokens: another program may refuse such a merge, or cut the text otherwise, but no two agree.
/// Where one of the three is a special or a user-defined token, the merge is left out: such names are cut out of a text
/// before, so that it could never apply.
class MergeReader {
 public:
    /// `key` is where the file has merges, for messages. `vocabulary` and `file` must outlive this.
    MergeReader(Vocabulary& vocabulary, std::string key, const std::string& file);

    /// Two tokens as files write them: in printable bytes, or with U+2581 for spaces. Throws FileError, which names the
    /// token that is missing.
    void add(std::string_view left, std::string_view right);
    /// The same with the one space between them.
    void add(std::string_view both);

 private:
    std::string bytes_of(std::string_view text) const;
    /// Negative for a token that text doesn't become.
    int find(const std::string& bytes, std::string_view left, std::string_view right) const;

    Vocabulary& vocabulary_;
    TokenIndex index_;
    std::unordered_set<std::string_view> names_;  // of special and user-defined tokens
    std::string key_;
    const std::string& file_;
    std::uint32_t rank_ = 0;
};

}  // namespace bitnet
