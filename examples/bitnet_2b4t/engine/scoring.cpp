#include <algorithm>
#include <bitnet/scoring.hpp>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

#include <program/io/file_error.hpp>

namespace bitnet {

using namespace program;
namespace {

/// 1 where a text has BOS in front of it.
std::size_t front_of(const Model& model) {
    return model.tokenizer().bos() >= 0 ? 1 : 0;
}

std::size_t largest(const std::vector<double>& scores) {
    return static_cast<std::size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin());
}

}  // namespace

std::size_t perplexity_window(const Model& model) {
    return model.context() - front_of(model);
}

std::vector<double> sliding_log_probabilities(const Model& model, std::span<const int> text, std::size_t stride,
                                              const std::function<void(std::size_t, std::size_t)>& progress) {
    const std::size_t front = front_of(model), window = perplexity_window(model);
    // Without BOS a window's first token has nothing before it to be predicted from.
    const std::size_t most = window - (1 - front);
    if (stride < 1 || stride > most) {
        throw std::invalid_argument(joined("perplexity: expected a stride of 1 to ", most, " tokens, found ", stride));
    }
    Session session(model);
    std::vector<double> results;
    for (std::size_t begin = 0, done = 1 - front; done < text.size(); begin += stride) {
        const auto some = text.subspan(begin, std::min(window, text.size() - begin));
        std::vector<int> tokens(front, model.tokenizer().bos());
        tokens.insert(tokens.end(), some.begin(), some.end());
        if (progress) progress(done, text.size());
        const auto more = session.log_probabilities(tokens, front + done - begin);
        results.insert(results.end(), more.begin(), more.end());
        done = begin + some.size();
    }
    return results;
}

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

namespace {

std::vector<TokenizedChoice> tokenized(const Model& model, std::string_view context,
                                       std::span<const std::string> choices) {
    const std::size_t given = model.tokenize(context).size();
    std::vector<TokenizedChoice> all;
    for (const std::string& choice : choices) {
        // Tokens may join what ends the context and what begins the choice: then only both together are right.
        std::vector<int> tokens = model.tokenize(joined(context, context.empty() ? "" : " ", choice));
        all.push_back({std::move(tokens), given, count_characters(choice)});
    }
    return all;
}

}  // namespace

Question::Question(const Model& model, std::string_view context, std::span<const std::string> choices,
                   std::string_view where)
    : Question(model, tokenized(model, context, choices), where) {}

Question::Question(const Model& model, std::vector<TokenizedChoice> choices, std::string_view where)
    : choices_(std::move(choices)) {
    for (const auto& [tokens, given, characters] : choices_) {
        if (given == 0) throw FileError(where, "a context", "none, and the model has no BOS token");
        if (tokens.size() > model.context() + 1)
            throw FileError(where, joined("at most ", model.context(), " tokens"), tokens.size());
    }
}

ChoiceScores score_choices(Session& session, const Question& question) {
    ChoiceScores scores;
    for (const auto& [tokens, given, characters] : question.choices_) {
        const auto each = session.log_probabilities(tokens, std::min(given, tokens.size() - 1));
        scores.sums.push_back(std::accumulate(each.begin(), each.end(), 0.0));
        scores.normalised.push_back(scores.sums.back() / static_cast<double>(characters));
    }
    return scores;
}

double ChoiceScores::share_of(const std::vector<bool>& right) const {
    const double peak = sums[best()];
    double all = 0, of_right = 0;
    for (std::size_t i = 0; i < sums.size(); ++i) {
        all += std::exp(sums[i] - peak);
        if (right[i]) of_right += std::exp(sums[i] - peak);
    }
    return of_right / all;
}

std::size_t ChoiceScores::best() const {
    return largest(sums);
}

std::size_t ChoiceScores::best_normalised() const {
    return largest(normalised);
}

}  // namespace bitnet
