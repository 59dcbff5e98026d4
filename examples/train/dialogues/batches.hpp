#pragma once

#include <bitnet/tokenizer.hpp>

#include "../data/data.hpp"
#include "../model/recipe.hpp"
#include "exchange.hpp"

namespace train {

/// The dialogues that the program makes itself, as data: each sequence a conversation of as many turns as fit into its
/// length, in the chat template.
class Conversations : public Data {
 public:
    Conversations(const bitnet::Tokenizer& tokenizer, const Recipe& recipe) : tokenizer_(tokenizer), recipe_(recipe) {}

    /// Every fourth step has a quarter of the conversations, each four times as long: so that a long chat is nothing
    /// new, without its cost in every step.
    Batch training(std::size_t index) override;
    /// Questions of each skill.
    std::vector<HeldOut> held_out(std::size_t of_each) const override;
    std::vector<std::string> kinds() const override;
    std::size_t longest() const override { return std::max(4 * recipe_.length, longest_question); }
    /// Sequences of one turn each. Throws std::invalid_argument for one longer than `longest` says.
    Batch questions(std::span<const Exchange> exchanges) const;

 private:
    static constexpr std::size_t longest_question = 192;  // tokens, with the answer

    struct Turn {
        std::vector<int> tokens;
        std::size_t prompt;  // tokens before the answer
    };
    Turn turn(const Exchange& exchange) const;
    void add_conversation(Batch& batch, std::size_t length, Random& random) const;
    void begin(Batch& batch) const;
    void add_turn(Batch& batch, const Turn& turn, bool all) const;

    const bitnet::Tokenizer& tokenizer_;
    Recipe recipe_;
};

}  // namespace train
