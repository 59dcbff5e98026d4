#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "byte_pairs.hpp"
#include "vocabulary.hpp"

namespace bitnet {

/// LLaMA-3's byte-level BPE. Any bytes can be encoded and come back unchanged, also what is no UTF-8. Const calls are
/// safe from many threads.
class Tokenizer {
 public:
    /// Throws std::runtime_error where the vocabulary can't encode every byte or contradicts itself.
    explicit Tokenizer(Vocabulary vocabulary);

    /// The ids of `text`, without BOS. Names of special tokens in it are text unless `parse_special`.
    std::vector<int> encode(std::string_view text, bool parse_special = false) const;

    /// The bytes of one token; of a special one, its name. May be a part of a UTF-8 character. Throws
    /// std::out_of_range for an id that is none.
    std::string_view piece(int id) const;
    std::string decode(std::span<const int> ids) const;

    std::size_t size() const { return vocabulary_->size(); }
    bool is_special(int id) const;
    /// The id of a special token by its name, such as "<|eot_id|>".
    std::optional<int> special(std::string_view name) const;
    /// -1 where the model has none.
    int bos() const { return vocabulary_->bos; }
    int eos() const { return vocabulary_->eos; }
    int end_of_turn() const { return vocabulary_->end_of_turn; }
    /// Whether generation stops at this token: the end of the text or of the turn.
    bool is_stop(int id) const { return id >= 0 && (id == eos() || id == end_of_turn()); }

 private:
    struct Special {
        std::string_view name;
        int id;
    };
    const Special* special_at(std::string_view text) const;

    std::unique_ptr<const Vocabulary> vocabulary_;  // where the others point to
    BytePairs pairs_;
    std::array<std::vector<Special>, 256> specials_;  // by the first byte of their names, the longest names first
};

}  // namespace bitnet
