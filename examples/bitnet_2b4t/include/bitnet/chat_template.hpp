#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tokenizer.hpp"

namespace bitnet {

/// 2B4T's official template: "System: S<|eot_id|>User: U<|eot_id|>Assistant: A<|eot_id|>", BOS in front, each content
/// trimmed. The template inside the published GGUF is a different one, which the model wasn't trained on. What a user
/// types never becomes a special token.
class ChatTemplate {
 public:
    /// Throws std::runtime_error for a tokenizer without an end-of-turn token. `tokenizer` must outlive this.
    explicit ChatTemplate(const Tokenizer& tokenizer);

    /// BOS, and the system prompt where there is one.
    std::vector<int> opening(std::string_view system) const;
    /// A user's turn, up to where the answer begins.
    std::vector<int> turn(std::string_view user) const;
    int end_of_turn() const { return tokenizer_->end_of_turn(); }

 private:
    std::vector<int> message(std::string_view role, std::string_view content) const;

    const Tokenizer* tokenizer_;
};

}  // namespace bitnet
