#include "batches.hpp"

#include <bitnet/chat_template.hpp>
#include <stdexcept>

namespace train {

Conversations::Turn Conversations::turn(const Exchange& exchange) const {
    const bitnet::ChatTemplate chat(tokenizer_, "bitnet");
    Turn turn{chat.turn(exchange.question), 0};
    turn.prompt = turn.tokens.size();
    const std::vector<int> answer = tokenizer_.encode(exchange.answer);
    turn.tokens.insert(turn.tokens.end(), answer.begin(), answer.end());
    turn.tokens.push_back(chat.end_of_turn());
    return turn;
}

/// The target of a token is the one after it, where that is the answer's.
void Conversations::add_turn(Batch& batch, const Turn& turn, bool all) const {
    for (std::size_t i = 0; i < turn.tokens.size(); ++i) {
        batch.tokens.push_back(turn.tokens[i]);
        const bool asked = i + 1 < turn.tokens.size() && (all || i + 1 >= turn.prompt);
        batch.targets.push_back(asked ? turn.tokens[i + 1] : -1);
    }
}

void Conversations::pad(Batch& batch) const {
    while (batch.tokens.size() % batch.length != 0) {
        batch.tokens.push_back(tokenizer_.end_of_turn());
        batch.targets.push_back(-1);
    }
}

void Conversations::add_row(Batch& batch, Random& random) const {
    std::size_t left = batch.length - 1;
    batch.tokens.push_back(tokenizer_.bos());
    batch.targets.push_back(-1);
    for (;;) {
        const Turn next = turn(ask_any(random));
        if (next.tokens.size() > left) break;
        add_turn(batch, next, recipe_.all_tokens);
        left -= next.tokens.size();
    }
    pad(batch);
}

Batch Conversations::training(std::size_t step) const {
    const bool is_long = recipe_.is_long(step);
    Batch batch{recipe_.length * (is_long ? 4 : 1), {}, {}};
    for (std::size_t row = 0; row < recipe_.rows / (is_long ? 4 : 1); ++row) {
        Random random(recipe_.seed, 1 + step * recipe_.rows + row);
        add_row(batch, random);
    }
    return batch;
}

Batch Conversations::questions(std::span<const Exchange> exchanges, std::size_t length) const {
    Batch batch{length, {}, {}};
    for (const Exchange& exchange : exchanges) {
        const Turn next = turn(exchange);
        if (next.tokens.size() >= length) throw std::length_error("a question is longer than the rows of a batch");
        batch.tokens.push_back(tokenizer_.bos());
        batch.targets.push_back(-1);
        add_turn(batch, next, false);
        pad(batch);
    }
    return batch;
}

}  // namespace train
