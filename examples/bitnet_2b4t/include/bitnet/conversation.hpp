#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "chat_template.hpp"
#include "generation.hpp"
#include "sampling.hpp"
#include "session.hpp"

namespace bitnet {

/// What became of a turn.
struct Answer : Generation {
    bool forgetful = false;  // the oldest turns were dropped to make room
};

/// A saved conversation has another type of KV cache than the model that is to go on with it.
class OtherKvType : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// Turns of a user and answers of the model. The KV cache is kept from turn to turn: only what is new is processed.
class Conversation {
 public:
    /// `chat_template` is one of ChatTemplate::names(); empty: what came with the model. Throws NoChatTemplate for a
    /// model that can't chat, and std::runtime_error as ChatTemplate does.
    explicit Conversation(const Model& model, std::string system = {}, const GenerationOptions& options = {},
                          std::string_view chat_template = {});

    /// Answers a turn. Where the context has little room left, the oldest turns are dropped and the others read again;
    /// a turn that doesn't fit even so throws PromptTooLong and changes nothing, and one that is cancelled while it is
    /// read isn't part of the conversation either. What a model thought, before its answer, is forgotten after it,
    /// where its template wants that; then the answer is read again.
    Answer answer(std::string_view user, const OnPiece& on_piece = {});
    /// Begins anew, with the same system prompt.
    void reset();

    /// Writes the conversation with its KV cache to a file, and reads one back in its place. A file of another model or
    /// of another type of cache (OtherKvType) is refused, and the conversation then is as before. Both throw
    /// std::runtime_error with one line that names the file.
    void save(const std::string& path) const;
    void load(const std::string& path);

    const Session& session() const { return session_; }
    const Timing& prompts() const { return prompts_; }
    const Timing& answers() const { return answers_; }

 private:
    bool make_room(std::size_t turn);
    void end_answer(const Answer& answer, std::size_t begin);

    Session session_;
    ChatTemplate template_;
    std::string system_;
    GenerationOptions options_;
    Sampler sampler_;
    std::size_t opening_ = 0;  // tokens in front of the first turn
    Timing prompts_, answers_;
};

}  // namespace bitnet
