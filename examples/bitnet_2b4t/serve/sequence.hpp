#pragma once

#include <atomic>
#include <bitnet/session.hpp>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "job.hpp"
#include "text_stream.hpp"
#include "token_chooser.hpp"

namespace bitnet::serve {

/// Says that nobody waits for a job any more. From any thread.
using CancelFlag = std::shared_ptr<std::atomic<bool>>;

/// A job that waits for a slot.
struct QueuedJob {
    Job job;
    CancelFlag cancelled;
    Clock::time_point submitted = Clock::now();
};

/// A job on its way through the model, from step to step.
class Sequence {
 public:
    /// `session` is empty, and outlives this. Throws as TokenChooser does.
    Sequence(QueuedJob queued, Session& session);
    Sequence(const Sequence&) = delete;
    Sequence& operator=(const Sequence&) = delete;

    const Job& job() const { return queued_.job; }
    Session& session() { return session_; }
    const Session& session() const { return session_; }
    /// Whether its prompt isn't processed yet.
    bool is_reading() const { return !pending_; }
    bool is_cancelled() const { return queued_.cancelled->load(std::memory_order_relaxed); }
    std::size_t generated() const { return outcome_.generated_tokens; }
    /// Whether the last step read other prompts instead of this one.
    bool is_passed_over() const { return passed_over_; }
    void pass_over(bool is_so) { passed_over_ = is_so; }

    /// Goes on from the first `length` tokens of a snapshot, which are those of the prompt; at least one is left to
    /// read.
    void begin_with(const Snapshot& snapshot, std::size_t length);
    /// Tokens to be processed next: up to `most` of the prompt, or the one that was generated last.
    std::span<const int> input(std::size_t most) const;
    /// They have been processed: chooses the next token where the prompt is read. False where the sequence has ended.
    bool go_on();
    /// It goes on no more. `tell` then hands out what is left of the text, and the outcome.
    void end(FinishReason reason, std::string problem = {});
    void tell();
    FinishReason reason() const { return outcome_.reason; }
    const Outcome& outcome() const { return outcome_; }

 private:
    bool put(const ChosenToken& chosen);
    bool ends(FinishReason reason);
    void send(std::string text);

    QueuedJob queued_;
    Session& session_;
    TokenChooser chooser_;
    TextStream text_;
    std::optional<int> pending_;  // generated, and not processed
    std::vector<ChosenToken> unsent_;
    Outcome outcome_;
    bool passed_over_ = false;
    Clock::time_point started_ = Clock::now(), read_ = started_;
};

}  // namespace bitnet::serve
