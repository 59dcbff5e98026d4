#pragma once

#include <bitnet/session.hpp>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include "job.hpp"

namespace bitnet::serve {

/// A grammar that the model has no tokens for, or that can be read in too many ways at once.
class UnusableFormat : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

/// Chooses the tokens of one sequence: exactly what a sampler would choose of all logits, with penalties and biases
/// applied, and with those tokens left out that the grammar doesn't allow.
class TokenChooser {
 public:
    /// Throws std::invalid_argument for an option that is out of range.
    TokenChooser(const Tokenizer& tokenizer, const ChoiceOptions& options);

    /// What follows the session's tokens. With a grammar that allows nothing more, the model's stop token,
    /// or -1 where it has none. Throws UnusableFormat.
    ChosenToken choose(Session& session);

 private:
    std::vector<Candidate> adjusted(std::span<const Candidate> candidates) const;
    std::optional<std::vector<Candidate>> allowed(Session& session, std::size_t count);
    bool is_allowed(int token);
    void score(Session& session, ChosenToken& chosen) const;
    int stop_token() const;

    const Tokenizer& tokenizer_;
    const ChoiceOptions& options_;
    Sampler sampler_;
    std::optional<GrammarState> grammar_;
    ByteSet next_;                  // bytes that the grammar allows now
    std::size_t work_ = 0;          // of the grammar, for one token
    std::map<int, int> generated_;  // how often
    std::vector<int> changed_;      // tokens whose logits are changed, each once
};

}  // namespace bitnet::serve
