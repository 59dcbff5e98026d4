#pragma once

#include <bitnet/tokenizer.hpp>

#include "../model/network.hpp"
#include "exchange.hpp"

namespace train {

/// Turns dialogues into batches: each row a conversation of as many turns as fit, in the chat template.
class Conversations {
 public:
    Conversations(const bitnet::Tokenizer& tokenizer, const Recipe& recipe) : tokenizer_(tokenizer), recipe_(recipe) {}

    /// What the step learns: the same for the same recipe.
    Batch training(std::size_t step) const;
    /// Rows of one turn each, all padded to `length`.
    Batch questions(std::span<const Exchange> exchanges, std::size_t length) const;

 private:
    struct Turn {
        std::vector<int> tokens;
        std::size_t prompt;  // tokens before the answer
    };
    Turn turn(const Exchange& exchange) const;
    void add_row(Batch& batch, Random& random) const;
    void add_turn(Batch& batch, const Turn& turn, bool all) const;
    void pad(Batch& batch) const;

    const bitnet::Tokenizer& tokenizer_;
    Recipe recipe_;
};

}  // namespace train
