#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer.hpp"

namespace bitnet {

struct ChatFormat;

/// No chat template comes with a model, or one that this program doesn't know.
class NoChatTemplate : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// A message of a chat.
struct ChatMessage {
    enum class Role { system, user, assistant };

    Role role = Role::user;
    std::string content = {};
};

/// How turns become tokens: the template that comes with a model, if it is one of those known, by its text in Jinja.
/// A BitNet model without one, or with the wrong one of 2B4T's GGUF, is taken for 2B4T. What a user types never becomes
/// a special token. Thoughts (<think>) are left to the model.
class ChatTemplate {
 public:
    /// `name` is one of `names`; empty: what came with the model. Throws NoChatTemplate, and std::runtime_error for a
    /// tokenizer without the special tokens of the template. `tokenizer` must outlive this.
    explicit ChatTemplate(const Tokenizer& tokenizer, std::string_view name = {});

    static std::vector<std::string> names();
    std::string_view name() const;

    /// BOS, where the model wants it, and the system prompt where there is one.
    std::vector<int> opening(std::string_view system) const;
    /// A user's turn, up to where the answer begins.
    std::vector<int> turn(std::string_view user) const;
    /// What follows an answer, in front of the next turn. The first token ends generation.
    const std::vector<int>& after_answer() const { return after_answer_; }
    /// A chat from its beginning up to where the next answer begins. Messages may come in any order; a chat of turns is
    /// what the functions above give, one after the other.
    std::vector<int> chat(std::span<const ChatMessage> messages) const;
    int end_of_turn() const { return after_answer_.front(); }
    /// What is kept of an answer once there is a next turn: without its thought, where the template wants that.
    std::string kept(std::string_view answer) const;
    /// Where the turn and the answer end that begin at `begin`; `tokens.size() + 1` where they don't.
    std::size_t end_of_exchange(std::span<const int> tokens, std::size_t begin) const;

 private:
    std::vector<int> message(const ChatMessage& said, bool answer_follows) const;

    const Tokenizer* tokenizer_;
    const ChatFormat* format_;
    bool bos_ = false;
    bool drops_thoughts_ = false;
    std::vector<int> after_answer_;
};

}  // namespace bitnet
