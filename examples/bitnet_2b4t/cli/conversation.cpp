#include "conversation.hpp"

#include <algorithm>
#include <utility>

namespace bitnet::cli {

Conversation::Conversation(const Model& model, std::string system, const GenerationOptions& options)
    : template_(model.tokenizer()),
      system_(std::move(system)),
      options_(options),
      sampler_(options.make_sampler()),
      session_(model) {
    reset();
}

void Conversation::reset() {
    session_.rewind(0);
    unfed_ = template_.opening(system_);
    opening_ = unfed_.size();
}

Answer Conversation::answer(std::string_view user, GeneratedText& text) {
    std::vector<int> prompt = unfed_;
    const std::vector<int> turn = template_.turn(user);
    prompt.insert(prompt.end(), turn.begin(), turn.end());
    const bool forgetful = make_room(prompt);
    const Answer answer{generate(session_, prompt, sampler_, options_, text), forgetful};
    prompts_ += answer.prompt;
    answers_ += answer.generated;
    if (answer.prompt.tokens == 0) {
        if (forgetful) unfed_.assign(prompt.begin(), prompt.end() - static_cast<std::ptrdiff_t>(turn.size()));
        return answer;
    }
    unfed_.clear();
    if (answer.unfed >= 0) unfed_.push_back(answer.unfed);
    unfed_.push_back(template_.end_of_turn());
    return answer;
}

/// Where the context has no room for what is to be read and an answer, drops turns behind the opening, a question with
/// its answer at a time, until a quarter of it is free; what is left is all to be read again. Whether there were any.
bool Conversation::make_room(std::vector<int>& unread) {
    const std::size_t capacity = session_.model().context();
    if (session_.room() >= unread.size() + capacity / 8) return false;
    std::vector<int> tokens = session_.tokens();
    tokens.insert(tokens.end(), unread.begin(), unread.end());
    const std::size_t before = tokens.size();
    while (tokens.size() > capacity - capacity / 4) {
        const auto first = tokens.begin() + static_cast<std::ptrdiff_t>(opening_);
        const auto question = std::find(first, tokens.end(), template_.end_of_turn());
        if (question == tokens.end()) break;
        const auto answer = std::find(question + 1, tokens.end(), template_.end_of_turn());
        if (answer == tokens.end()) break;
        tokens.erase(first, answer + 1);
    }
    if (tokens.size() == before) return false;
    if (tokens.size() > capacity) throw PromptTooLong(session_.model(), capacity, tokens.size());
    session_.rewind(0);
    unread = std::move(tokens);
    return true;
}

}  // namespace bitnet::cli
