#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <program/io/json_file.hpp>
#include "../tokenizer/vocabulary.hpp"

namespace bitnet {

/// Puts the tokens of a file in their places in a vocabulary, which their ids name in any order. Ids may leave gaps,
/// but not so many that a file of a few bytes takes all memory.
class TokenPlaces {
 public:
    static constexpr std::size_t most_unused = std::size_t{1} << 16;

    /// For `count` tokens beside those that are there. Both must outlive this.
    TokenPlaces(Vocabulary& vocabulary, std::size_t count, const std::string& file);

    /// A token of the file's "vocab". Throws FileError for an id that has one already, or that is far beyond the
    /// others.
    void add_text(const std::string& text, std::uint64_t id);
    /// A token as "added_tokens" and "added_tokens_decoder" have it, which may stand where the same text does.
    void add_named(std::uint64_t id, const program::Json& json);

 private:
    Vocabulary::Token& at(std::uint64_t id);

    Vocabulary& vocabulary_;
    std::uint64_t most_;
    const std::string& file_;
};

}  // namespace bitnet
