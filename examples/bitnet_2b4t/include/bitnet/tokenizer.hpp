#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bitnet {

struct Vocabulary;

/// LLaMA-3's byte-level BPE. Any bytes can be encoded and come back unchanged, also what is no UTF-8. Const calls are
/// safe from many threads.
class Tokenizer {
 public:
    /// Throws std::runtime_error where the vocabulary can't encode every byte or contradicts itself.
    explicit Tokenizer(Vocabulary vocabulary);
    Tokenizer(Tokenizer&&) noexcept;
    Tokenizer& operator=(Tokenizer&&) noexcept;
    ~Tokenizer();

    /// The ids of `text`, without BOS. Names of special tokens in it are text unless `parse_special`.
    std::vector<int> encode(std::string_view text, bool parse_special = false) const;
    /// The same behind BOS, where the model has one.
    std::vector<int> encode_with_bos(std::string_view text, bool parse_special = false) const;

    /// The bytes of one token; of a special one, its name. May be a part of a UTF-8 character. Throws
    /// std::out_of_range for an id that is none.
    std::string_view piece(int id) const;
    std::string decode(std::span<const int> ids) const;

    std::size_t size() const;
    bool is_special(int id) const;
    /// The id of a special token by its name, such as "<|eot_id|>".
    std::optional<int> special(std::string_view name) const;
    /// -1 where the model has none.
    int bos() const;
    int eos() const;
    int end_of_turn() const;
    /// Whether generation stops at this token: the end of the text or of the turn.
    bool is_stop(int id) const { return id >= 0 && (id == eos() || id == end_of_turn()); }

 private:
    struct State;

    std::unique_ptr<const State> state_;
};

}  // namespace bitnet
