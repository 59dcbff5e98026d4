#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "session.hpp"

namespace bitnet {

/// Tokens of a text that a window of the context has room for, beside BOS.
std::size_t perplexity_window(const Model& model);

/// The log-probabilities of a text's tokens by a window that slides on by `stride` tokens, with BOS in front each time.
/// Of each window those tokens count that no earlier one had: every token once, all but the first after at least window
/// - stride others. exp(-mean) is the perplexity. Without BOS the first token isn't counted. Throws
/// std::invalid_argument for a stride of 0, or one so long that a token would have nothing before it.
std::vector<double> sliding_log_probabilities(
    const Model& model, std::span<const int> text, std::size_t stride,
    const std::function<void(std::size_t done, std::size_t total)>& progress = {});

struct ChoiceScores;

/// A choice behind its question, in tokens of the caller's: a chat's, say.
struct TokenizedChoice {
    std::vector<int> tokens;     // of the question with the choice
    std::size_t given = 0;       // tokens in front of the choice
    std::size_t characters = 0;  // of the choice, to divide by
};

/// How many characters a text has, in UTF-8.
std::size_t count_characters(std::string_view text);

/// A question with choices, ready to be scored: each choice follows the context and a space.
class Question {
 public:
    /// Throws std::runtime_error, which begins with `where`, for an empty context where the model has no BOS, and for
    /// what doesn't fit into the model's.
    Question(const Model& model, std::string_view context, std::span<const std::string> choices,
             std::string_view where = "question");
    /// The same with contexts and choices that are tokens already.
    Question(const Model& model, std::vector<TokenizedChoice> choices, std::string_view where = "question");

    std::size_t choices() const { return choices_.size(); }

 private:
    friend ChoiceScores score_choices(Session& session, const Question& question);

    std::vector<TokenizedChoice> choices_;
};

/// The log-probability of each choice after the context: a sum over its tokens, and that divided by its characters.
struct ChoiceScores {
    std::vector<double> sums, normalised;

    std::size_t best() const;
    std::size_t best_normalised() const;
    /// The share of all choices' probability that those have which are `right`, a flag for each.
    double share_of(const std::vector<bool>& right) const;
};

ChoiceScores score_choices(Session& session, const Question& question);

}  // namespace bitnet
