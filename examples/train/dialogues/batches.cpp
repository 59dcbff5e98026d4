#include "batches.hpp"

#include <algorithm>
#include <bitnet/chat_template.hpp>
#include <program/io/file_error.hpp>
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

void Conversations::begin(Batch& batch) const {
    batch.lengths.push_back(1);
    batch.tokens.push_back(tokenizer_.bos());
    batch.targets.push_back(-1);
}

/// The target of a token is the one after it, where that is the answer's.
void Conversations::add_turn(Batch& batch, const Turn& turn, bool all) const {
    batch.lengths.back() += turn.tokens.size();
    for (std::size_t i = 0; i < turn.tokens.size(); ++i) {
        batch.tokens.push_back(turn.tokens[i]);
        const bool asked = i + 1 < turn.tokens.size() && (all || i + 1 >= turn.prompt);
        batch.targets.push_back(asked ? turn.tokens[i + 1] : -1);
    }
}

void Conversations::add_conversation(Batch& batch, std::size_t length, Random& random) const {
    begin(batch);
    for (;;) {
        const Turn next = turn(ask_any(random));
        if (batch.lengths.back() + next.tokens.size() > length) return;
        add_turn(batch, next, recipe_.all_tokens);
    }
}

Batch Conversations::training(std::size_t index) {
    const std::size_t longer = index % 4 == 3 ? 4 : 1;
    Batch batch;
    for (std::size_t row = 0; row < recipe_.rows / longer; ++row) {
        Random random(recipe_.seed, 1 + index * recipe_.rows + row);
        add_conversation(batch, longer * recipe_.length, random);
    }
    return batch;
}

Batch Conversations::questions(std::span<const Exchange> exchanges) const {
    Batch batch;
    for (const Exchange& exchange : exchanges) {
        begin(batch);
        add_turn(batch, turn(exchange), false);
        if (batch.lengths.back() <= longest_question) continue;
        throw std::invalid_argument(program::joined("expected a question and an answer of at most ", longest_question,
                                                    " tokens, found ", batch.lengths.back()));
    }
    return batch;
}

std::vector<std::string> Conversations::kinds() const {
    std::vector<std::string> names;
    for (const Skill& skill : skills)
        names.emplace_back(skill.name);
    return names;
}

std::vector<HeldOut> Conversations::held_out(std::size_t of_each) const {
    constexpr std::size_t at_once = 20;
    std::vector<HeldOut> all;
    for (std::size_t s = 0; s < skills.size(); ++s) {
        HeldOut& some = all.emplace_back(HeldOut{std::string(skills[s].name), {}});
        Random random(recipe_.seed, ~std::uint64_t{s});
        for (std::size_t left = of_each; left > 0; left -= std::min(left, at_once)) {
            std::vector<Exchange> exchanges;
            for (std::size_t i = 0; i < std::min(left, at_once); ++i)
                exchanges.push_back(ask(skills[s], true, random));
            some.batches.push_back(questions(exchanges));
        }
    }
    return all;
}

}  // namespace train
