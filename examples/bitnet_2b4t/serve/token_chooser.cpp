#include "token_chooser.hpp"

#include <algorithm>
#include <cmath>

namespace bitnet::serve {

TokenChooser::TokenChooser(const Tokenizer& tokenizer, const ChoiceOptions& options)
    : tokenizer_(tokenizer), options_(options), sampler_(options.sampling) {
    if (options.grammar) {
        grammar_.emplace(*options.grammar);
        next_ = grammar_->next();
    }
    for (const auto& [id, bias] : options.bias)
        changed_.push_back(id);
}

ChosenToken TokenChooser::choose(Session& session) {
    ChosenToken chosen{{stop_token(), 0}};
    work_ = 0;
    if (!grammar_ || !grammar_->must_end()) {
        const std::size_t needed = sampler_.needed();
        // Of the likeliest few, most are what a grammar allows; else all tokens are looked at.
        const std::size_t some = needed == 0 ? 0 : needed + 64;
        std::optional<std::vector<Candidate>> candidates = allowed(session, grammar_ ? some : needed);
        if (!candidates) candidates = allowed(session, 0);
        if (!candidates || candidates->empty())
            throw UnusableFormat("expected a format that the model can write, found one that it has no token for");
        chosen.id = sampler_(*candidates, session.tokens());
    }
    if (options_.scores) score(session, chosen);
    if (chosen.id < 0 || tokenizer_.is_stop(chosen.id)) return chosen;
    if (++generated_[chosen.id] == 1 && !options_.bias.contains(chosen.id) &&
        (options_.frequency_penalty != 0 || options_.presence_penalty != 0))
        changed_.push_back(chosen.id);
    if (grammar_) {
        grammar_->take(tokenizer_.piece(chosen.id));
        next_ = grammar_->next();
    }
    return chosen;
}

/// The tokens that decide, from at least the `count` likeliest whose logits nobody changes; nothing where too few of
/// those are allowed, so that a less likely one might decide.
std::optional<std::vector<Candidate>> TokenChooser::allowed(Session& session, std::size_t count) {
    std::vector<int> always = changed_;
    for (const int id : sampler_.penalised(session.tokens())) {
        if (std::ranges::find(always, id) == always.end()) always.push_back(id);
    }
    std::vector<Candidate> candidates = adjusted(session.candidates(count, always));
    if (!grammar_) return candidates;
    // Of more than asked for, only so many are surely the likeliest.
    std::ranges::sort(always);
    const auto is_changed = [&](const Candidate& c) { return std::ranges::binary_search(always, c.id); };
    if (count != 0) {
        const auto others = std::partition(candidates.begin(), candidates.end(), is_changed);
        std::sort(others, candidates.end(), Candidate::likelier);
        const auto most = static_cast<std::ptrdiff_t>(count);
        if (candidates.end() - others > most) candidates.erase(others + most, candidates.end());
    }
    // From the likeliest on, until there are as many as decide: asking the grammar is what costs.
    std::vector<Candidate> decide;
    std::size_t unchanged = 0;
    for (const Candidate& c : candidates) {
        if (count != 0 && unchanged == sampler_.needed()) break;
        if (!is_allowed(c.id)) continue;
        decide.push_back(c);
        if (!is_changed(c)) ++unchanged;
    }
    if (count != 0 && unchanged < sampler_.needed()) return std::nullopt;
    return decide;
}

std::vector<Candidate> TokenChooser::adjusted(std::span<const Candidate> candidates) const {
    std::vector<Candidate> result(candidates.begin(), candidates.end());
    if (changed_.empty()) return result;
    for (auto& [logit, id] : result) {
        if (const auto bias = options_.bias.find(id); bias != options_.bias.end()) logit += bias->second;
        if (const auto times = generated_.find(id); times != generated_.end())
            logit -= static_cast<float>(times->second) * options_.frequency_penalty + options_.presence_penalty;
    }
    return result;
}

bool TokenChooser::is_allowed(int token) {
    if (static_cast<std::size_t>(token) >= tokenizer_.size()) return false;
    if (tokenizer_.is_stop(token)) return grammar_->may_end();
    if (tokenizer_.is_special(token)) return false;
    const std::string_view piece = tokenizer_.piece(token);
    if (piece.empty() || !next_.test(static_cast<unsigned char>(piece[0]))) return false;
    if (work_ > options_.most_work)
        throw UnusableFormat("expected a simpler format, found one that can be read in too many ways at once");
    return grammar_->after(piece, work_).has_value();
}

/// The model's own probabilities.
void TokenChooser::score(Session& session, ChosenToken& chosen) const {
    const std::span<const float> logits = session.logits();
    const float peak = *std::ranges::max_element(logits);
    double sum = 0;
    for (const float logit : logits)
        sum += std::exp(static_cast<double>(logit - peak));
    const auto scored = [&](int id, float logit) {
        return ScoredToken{id, static_cast<double>(logit - peak) - std::log(sum)};
    };
    if (chosen.id >= 0)
        chosen.log_probability = scored(chosen.id, logits[static_cast<std::size_t>(chosen.id)]).log_probability;
    if (options_.scored_likeliest == 0) return;
    for (const auto& [logit, id] : session.likeliest(options_.scored_likeliest))
        chosen.likeliest.push_back(scored(id, logit));
}

int TokenChooser::stop_token() const {
    return tokenizer_.end_of_turn() >= 0 ? tokenizer_.end_of_turn() : tokenizer_.eos();
}

}  // namespace bitnet::serve
