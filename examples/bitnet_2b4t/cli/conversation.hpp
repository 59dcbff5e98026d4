#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "../tokenizer/chat_template.hpp"
#include "generate.hpp"

namespace bitnet::cli {

/// What became of a turn.
struct Answer : Generation {
    bool forgetful = false;  // the oldest turns were dropped to make room
};

/// Turns of a user and answers of the model. The KV cache is kept from turn to turn: only what is new is processed.
class Conversation {
 public:
    Conversation(const Model& model, std::string system, const GenerationOptions& options);

    /// Puts the answer into `text`. Where the context has little room left, the oldest turns are dropped and the others
    /// read again; a turn that doesn't fit even so throws PromptTooLong and changes nothing, and one that is
    /// interrupted while it is read isn't part of the conversation either.
    Answer answer(std::string_view user, GeneratedText& text);
    /// Begins anew, with the same system prompt.
    void reset();

    /// Writes the conversation with its KV cache to a file, and reads one back in its place. A file of another model or
    /// of another type of cache is refused, and the conversation then is as before. Both throw FileError.
    void save(const std::string& path) const;
    void load(const std::string& path);

    const Session& session() const { return session_; }
    const Pace& prompts() const { return prompts_; }
    const Pace& answers() const { return answers_; }

 private:
    bool make_room(std::vector<int>& unread);

    ChatTemplate template_;
    std::string system_;
    GenerationOptions options_;
    Sampler sampler_;
    Session session_;
    std::size_t opening_ = 0;  // tokens in front of the first turn
    std::vector<int> unfed_;   // tokens that belong to the conversation, but the session hasn't got yet
    Pace prompts_, answers_;
};

}  // namespace bitnet::cli
