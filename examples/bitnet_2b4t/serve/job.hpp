#pragma once

#include <bitnet/sampling.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "grammar.hpp"

namespace bitnet::serve {

using Clock = std::chrono::steady_clock;

/// A token with the natural logarithm of its probability, before temperature and penalties.
struct ScoredToken {
    int id;
    double log_probability;
};

/// A token that was chosen, and the likeliest ones in its place.
struct ChosenToken : ScoredToken {
    std::vector<ScoredToken> likeliest = {};
};

/// How a token is chosen: what the engine's sampler does, and what only the server has.
struct ChoiceOptions {
    SamplingOptions sampling = {};
    /// Taken from the logit of a token that was generated before: for each time, and once.
    float frequency_penalty = 0, presence_penalty = 0;
    std::map<int, float> bias = {};  // added to logits
    /// The text is one of this grammar's; null: any.
    std::shared_ptr<const Grammar> grammar = {};
    /// Of the grammar, for one token: a little more than all tokens of a vocabulary of 128k cost in a string of JSON. A
    /// grammar that asks for more would hold up everybody else.
    std::size_t most_work = 30'000'000;
    /// Probabilities of chosen tokens are wanted, and of so many likeliest.
    bool scores = false;
    std::size_t scored_likeliest = 0;
};

/// `refused`: the request asks for what can't be; `failed`: the server couldn't.
enum class FinishReason { stop, length, cancelled, timed_out, refused, failed };
inline constexpr std::size_t finish_reasons = 6;

/// In answers, logs and metrics.
inline const char* name_of(FinishReason reason) {
    constexpr const char* names[] = {"stop", "length", "cancelled", "timed_out", "refused", "failed"};
    return names[static_cast<std::size_t>(reason)];
}

/// What a sequence took, and why it ended.
struct Outcome {
    FinishReason reason = FinishReason::stop;
    std::string problem = {};  // where it was refused or failed
    std::size_t prompt_tokens = 0, cached_tokens = 0, generated_tokens = 0;
    double queue_seconds = 0, prompt_seconds = 0, generation_seconds = 0;
    std::vector<float> embedding = {};
};

/// Text that has come, and the tokens since the last time, where their scores are wanted.
struct Piece {
    std::string text;
    std::vector<ChosenToken> tokens;
};

/// What is asked of the model for one sequence. The callbacks come on the scheduler's thread, `on_end` last and once;
/// they must not wait.
struct Job {
    std::vector<int> prompt;
    ChoiceOptions choice = {};
    std::size_t limit = static_cast<std::size_t>(-1);  // tokens
    std::vector<std::string> stops = {};
    bool embed = false;  // the vector of the prompt is wanted, and no text
    Clock::time_point deadline = Clock::time_point::max();
    std::function<void(Piece)> on_piece = {};
    std::function<void(const Outcome&)> on_end = {};
};

}  // namespace bitnet::serve
