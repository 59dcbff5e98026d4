#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bitnet {

struct Vocabulary;

/// Text that a tokenizer can't encode as the model's own would.
class UnsupportedText : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// Text to ids and back, by the vocabulary that comes with a model: byte-level BPE or SentencePiece's. Any bytes can be
/// encoded and come back unchanged, also what is no UTF-8; but SentencePiece's tokenizers take U+2581 for a space, and
/// Qwen's bring text to Unicode's normal form C. User-defined tokens are recognised wherever their text stands. Const
/// calls are safe from many threads.
class Tokenizer {
 public:
    /// Throws std::runtime_error where the vocabulary can't encode every byte or contradicts itself.
    explicit Tokenizer(Vocabulary vocabulary);
    Tokenizer(Tokenizer&&) noexcept;
    Tokenizer& operator=(Tokenizer&&) noexcept;
    ~Tokenizer();

    /// The ids of `text`, without BOS. Names of special tokens in it are text unless `parse_special`. Throws
    /// UnsupportedText for a character that the model's own tokenizer would replace, and this one can't.
    std::vector<int> encode(std::string_view text, bool parse_special = false) const;
    /// The same as a prompt: behind BOS and in front of EOS, where the model wants them.
    std::vector<int> encode_with_bos(std::string_view text, bool parse_special = false) const;
    /// The same as models for vectors get it: the end of the text behind it, which their tokenizers may or may not add.
    std::vector<int> encode_for_embedding(std::string_view text) const;
    /// The ids of the three as one text. Names of special tokens are text in `content`, and special around it.
    std::vector<int> encode_message(std::string_view before, std::string_view content, std::string_view after) const;

    /// The bytes of one token; of a special one, its name. May be a part of a UTF-8 character. Throws
    /// std::out_of_range for an id that is none.
    std::string_view piece(int id) const;
    /// Without the space that encoding puts in front.
    std::string decode(std::span<const int> ids) const;

    std::size_t size() const;
    bool is_special(int id) const;
    /// The id of a special token by its name, such as "<|eot_id|>".
    std::optional<int> special(std::string_view name) const;
    /// What a prompt begins with; -1 where with nothing.
    int bos() const;
    /// -1 where the model has none.
    int eos() const;
    int end_of_turn() const;
    /// Whether generation stops at this token: the end of the text, of the turn or of a message.
    bool is_stop(int id) const;
    /// What chat templates are chosen by.
    const Vocabulary& vocabulary() const;

 private:
    struct State;

    std::unique_ptr<const State> state_;
};

}  // namespace bitnet
