#pragma once

#include <atomic>
#include <bitnet/model.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "access_log.hpp"
#include "api_request.hpp"
#include "http_server.hpp"

namespace bitnet::serve {

/// The answer to a request for text, as its texts come: OpenAI's objects, whole or as a stream of events.
class GenerationReply : public std::enable_shared_from_this<GenerationReply> {
 public:
    /// `name` is the model's in answers; `finished` is called once, when the answer's end is on its way.
    GenerationReply(Model model, std::string name, TextRequest request, std::shared_ptr<Responder> responder,
                    Answered finished);

    /// What is to be submitted: all texts of all prompts, each a job that tells this.
    std::vector<Job> jobs(Clock::time_point deadline);
    const std::string& id() const { return id_; }

 private:
    struct Choice {
        std::string text;
        std::vector<ChosenToken> tokens;
        Outcome outcome;
        std::size_t sent_bytes = 0;  // of the text, for offsets
    };

    void take(std::size_t index, Piece piece);
    void end(std::size_t index, const Outcome& outcome);
    void begin_stream();
    void send_event(const Json& event);
    void finish_stream();
    void finish_whole();
    void fail(const Outcome& outcome);
    void log(int status, FinishReason reason);

    Json object(const char* kind, Json choices) const;
    Json chunk(std::size_t index, Json delta, Json finish_reason, Json scores) const;
    Json scores(std::span<const ChosenToken> tokens, std::size_t offset) const;
    Json usage() const;
    Json timings() const;
    std::string text_of(int token) const;

    Model model_;
    std::string name_, id_;
    std::int64_t created_;
    TextRequest request_;
    std::shared_ptr<Responder> responder_;
    Answered finished_;
    std::vector<Choice> choices_;
    std::size_t left_ = 0;   // choices that haven't ended
    bool begun_ = false;     // the stream
    bool answered_ = false;  // in whole, also by an error
};

}  // namespace bitnet::serve
