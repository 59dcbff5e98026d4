#include "sequence.hpp"

#include <algorithm>
#include <utility>

namespace bitnet::serve {
namespace {

double seconds_between(Clock::time_point from, Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

}  // namespace

Sequence::Sequence(QueuedJob queued, Session& session)
    : queued_(std::move(queued)),
      session_(session),
      chooser_(session.model().tokenizer(), queued_.job.choice),
      text_(queued_.job.stops) {
    outcome_.prompt_tokens = job().prompt.size();
    outcome_.queue_seconds = seconds_between(queued_.submitted, started_);
}

void Sequence::begin_with(const Snapshot& snapshot, std::size_t length) {
    session_.restore(snapshot, length);
    outcome_.cached_tokens = length;
}

std::span<const int> Sequence::input(std::size_t most) const {
    if (pending_) return {&*pending_, 1};
    const auto left = std::span(job().prompt).subspan(session_.tokens().size());
    return left.first(std::min(most, left.size()));
}

bool Sequence::go_on() {
    if (is_reading()) {
        if (session_.tokens().size() < job().prompt.size()) return true;
        read_ = Clock::now();
        outcome_.prompt_seconds = seconds_between(started_, read_);
        if (job().embed) {
            outcome_.embedding = session_.embedding();
            return ends(FinishReason::stop);
        }
    }
    return put(chooser_.choose(session_));
}

bool Sequence::put(const ChosenToken& chosen) {
    const Tokenizer& tokenizer = session_.model().tokenizer();
    if (chosen.id < 0 || tokenizer.is_stop(chosen.id)) return ends(FinishReason::stop);
    pending_ = chosen.id;
    ++outcome_.generated_tokens;
    if (job().choice.scores) unsent_.push_back(chosen);
    // A model may know more ids than its tokenizer has pieces, and names of special tokens are no text.
    const bool known = static_cast<std::size_t>(chosen.id) < tokenizer.size() && !tokenizer.is_special(chosen.id);
    send(text_.put(known ? tokenizer.piece(chosen.id) : ""));
    if (text_.stopped()) return ends(FinishReason::stop);
    if (outcome_.generated_tokens >= job().limit || session_.room() == 0) return ends(FinishReason::length);
    return true;
}

bool Sequence::ends(FinishReason reason) {
    outcome_.reason = reason;
    return false;
}

/// The first token is told of even where its text is held back: a client then knows that it is its turn.
void Sequence::send(std::string text) {
    if ((text.empty() && outcome_.generated_tokens > 1) || !job().on_piece) return;
    job().on_piece({std::move(text), std::exchange(unsent_, {})});
}

void Sequence::end(FinishReason reason, std::string problem) {
    outcome_.reason = reason;
    outcome_.problem = std::move(problem);
    if (pending_) outcome_.generation_seconds = seconds_between(read_, Clock::now());
}

void Sequence::tell() {
    std::string rest = text_.finish();
    if (job().on_piece && (!rest.empty() || !unsent_.empty())) job().on_piece({std::move(rest), std::move(unsent_)});
    if (job().on_end) job().on_end(outcome_);
}

}  // namespace bitnet::serve
