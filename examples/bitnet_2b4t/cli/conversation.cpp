#include "conversation.hpp"

#include <utility>

namespace bitnet::cli {

Conversation::Conversation(const Model& model, const Tokenizer& tokenizer, std::string system, std::size_t batch)
    : tokenizer_(tokenizer), template_(tokenizer), system_(std::move(system)), session_(model, batch) {
    reset();
}

void Conversation::reset() {
    session_.rewind(0);
    unfed_ = template_.opening(system_);
}

Answer Conversation::answer(std::string_view user, Sampler& sampler, std::size_t limit,
                            const std::function<void(std::string_view)>& put, const std::function<bool()>& stop) {
    std::vector<int> prompt = unfed_;
    const std::vector<int> turn = template_.turn(user);
    prompt.insert(prompt.end(), turn.begin(), turn.end());
    const Stopwatch reading;
    if (!session_.feed(prompt, stop)) return {GenerationEnd::interrupted, {}, {}};
    Answer answer{GenerationEnd::interrupted, {prompt.size(), reading.seconds()}, {}};
    prompts_ += answer.prompt;

    const Stopwatch writing;
    const Generation made = generate(session_, sampler, tokenizer_, limit, put, stop);
    answer.end = made.end;
    answer.generated = {made.count, writing.seconds()};
    answers_ += answer.generated;
    unfed_.clear();
    if (made.unfed >= 0) unfed_.push_back(made.unfed);
    unfed_.push_back(template_.end_of_turn());
    return answer;
}

}  // namespace bitnet::cli
