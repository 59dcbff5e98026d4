#include <bitnet/conversation.hpp>
#include <utility>

#include "session_state.hpp"

namespace bitnet {

using namespace program;

Conversation::Conversation(const Model& model, std::string system, const GenerationOptions& options,
                           std::string_view chat_template)
    : session_(model),
      template_(model.tokenizer(), chat_template),
      system_(std::move(system)),
      options_(options),
      sampler_(options.sampling) {
    reset();
}

void Conversation::reset() {
    session_.rewind(0);
    const std::vector<int> opening = template_.opening(system_);
    session_.defer(opening);
    opening_ = opening.size();
}

Answer Conversation::answer(std::string_view user, const OnPiece& on_piece) {
    const std::vector<int> turn = template_.turn(user);
    const bool forgetful = make_room(turn.size());
    const std::size_t length = session_.tokens().size();
    const std::vector<int> pending(session_.pending().begin(), session_.pending().end());
    Answer answer;
    answer.forgetful = forgetful;
    try {
        static_cast<Generation&>(answer) = session_.generate(turn, sampler_, options_, on_piece);
    } catch (...) {  // a turn without its end would be glued to the next
        session_.rewind(length);
        session_.defer(pending);
        throw;
    }
    prompts_ += answer.prompt;
    answers_ += answer.generated;
    // Else the turn wasn't read.
    if (answer.prompt.tokens != 0) end_answer(answer, length + pending.size() + turn.size());
    return answer;
}

/// Puts behind an answer, which begins at a position, what stands in front of the next turn.
void Conversation::end_answer(const Answer& answer, std::size_t begin) {
    if (const std::string kept = template_.kept(answer.text); kept != answer.text) {
        session_.rewind(begin);
        session_.defer(session_.model().tokenizer().encode(kept));
    }
    session_.defer(template_.after_answer());
}

/// Where the context has no room for what is to be read, a turn among it, and an answer, drops turns behind the
/// opening, a question with its answer at a time, until a quarter of it is free; what is left is all to be read again.
/// Whether there were any.
bool Conversation::make_room(std::size_t turn) {
    const std::size_t capacity = session_.model().context();
    if (session_.room() >= session_.pending().size() + turn + capacity / 8) return false;
    std::vector<int> tokens(session_.tokens().begin(), session_.tokens().end());
    tokens.insert(tokens.end(), session_.pending().begin(), session_.pending().end());
    const std::size_t before = tokens.size();
    while (tokens.size() + turn > capacity - capacity / 4) {
        const std::size_t end = template_.end_of_exchange(tokens, opening_);
        if (end > tokens.size()) break;
        const auto first = tokens.begin() + static_cast<std::ptrdiff_t>(opening_);
        tokens.erase(first, tokens.begin() + static_cast<std::ptrdiff_t>(end));
    }
    if (tokens.size() == before) return false;
    if (tokens.size() + turn > capacity) {
        const std::string expected =
            joined("a prompt of at most ", capacity, " tokens, what is left of a context of ", capacity);
        throw PromptTooLong(FileError(session_.model().name(), expected, tokens.size() + turn).what());
    }
    session_.rewind(0);
    session_.defer(tokens);
    return true;
}

}  // namespace bitnet
