#include "generate.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <random>
#include <vector>

#include <program/cli/interrupt.hpp>
#include <program/cli/number_option.hpp>
#include "../engine/draft.hpp"

namespace bitnet::cli {

void add_generation_options(CLI::App& command, ModelOptions& model, GenerationOptions& options) {
    add_number(command, "-n,--predict", options.limit, "most tokens to generate; -1: until the model stops", -1,
               1 << 30);
    model.full_head = false;
    add_number(command, "--draft-ngram", options.draft_ngram,
               "guess what follows from where the last N tokens stood before; the text stays the same; 0: off", 0, 64);
    command.add_flag("--full-head", model.full_head,
                     "compute all logits instead of those that can matter; the text stays the same");

    const auto sampling = [&](const char* name, auto& value, const char* help, auto least, auto most) {
        add_number(command, name, value, help, least, most)->group("Sampling");
    };
    SamplerOptions& s = options.sampling;
    sampling("--temp", s.temperature, "temperature; 0 takes the likeliest token", 0.0F, 1e6F);
    sampling("--top-k", s.top_k, "draw from the K likeliest tokens; 0: from all", 0, 1 << 30);
    sampling("--top-p", s.top_p, "draw from the likeliest that have this probability together", 0.0F, 1.0F);
    sampling("--min-p", s.min_p, "leave out tokens less likely than this share of the likeliest", 0.0F, 1.0F);
    sampling("--repeat-penalty", s.repeat_penalty, "make tokens seen before less likely; 1: no", 1e-3F, 1e3F);
    sampling("--repeat-last-n", s.repeat_last_n, "tokens that the penalty looks back; -1: all", -1, 1 << 30);
    sampling("--seed", options.seed, "of the random numbers; -1: a different one each time", -1LL, 0xffffffffLL);
}

Sampler GenerationOptions::make_sampler() const {
    SamplerOptions chosen = sampling;
    chosen.seed = seed < 0 ? std::random_device{}() : static_cast<std::uint64_t>(seed);
    return Sampler(chosen);
}

void GeneratedText::finish(const Generation& made, const char* end) {
    if (!json_) return write_output(visible_.finish() + end);
    constexpr std::array<const char*, 4> ends = {"stop", "limit", "full_context", "interrupted"};
    write_json(nlohmann::json{{"text", whole_},
                              {"end", ends[static_cast<std::size_t>(made.end)]},
                              {"prompt_tokens", made.prompt.tokens},
                              {"prompt_tokens_per_second", made.prompt.rate()},
                              {"tokens", made.generated.tokens},
                              {"tokens_per_second", made.generated.rate()},
                              {"memory_bytes", memory_in_use()}});
}

namespace {

/// Appends a token that was chosen and, in the same reading of the weights, a draft of up to `most` tokens that may
/// follow it; tells how many those are. The bits of what follows each are those of one by one.
std::size_t feed_with_draft(Session& session, int token, std::size_t ngram, std::size_t most) {
    std::vector<int> tokens = {token};
    if (ngram > 0) {
        std::vector<int> all = session.tokens();
        all.push_back(token);
        most = std::min({most, session.room() - 1, session.model().options().batch - 1, Decoder::same_bits - 1});
        const std::vector<int> draft = look_up_draft(all, ngram, most);
        tokens.insert(tokens.end(), draft.begin(), draft.end());
    }
    session.feed(tokens);
    return tokens.size() - 1;
}

GenerationEnd generate_after_prompt(Session& session, Sampler& sampler, const GenerationOptions& options,
                                    GeneratedText& text, Generation& made) {
    const Tokenizer& tokenizer = session.model().tokenizer();
    const auto limit = static_cast<std::size_t>(options.limit);  // -1 is the largest of all
    std::size_t draft = 0;                                       // tokens at the session's end that may not stay
    for (std::size_t& count = made.generated.tokens; count < limit; ++count) {
        if (made.unfed >= 0) {
            if (session.room() == 0) return GenerationEnd::full_context;
            draft = feed_with_draft(session, made.unfed, options.draft_ngram, limit - count);
            made.unfed = -1;
        }
        const int token = session.choose(sampler, draft);
        const bool stops = tokenizer.is_stop(token);
        const std::size_t length = session.tokens().size() - draft;
        if (!stops && draft > 0 && session.tokens()[length] == token) {
            --draft;
        } else {
            session.rewind(length);
            if (stops) return GenerationEnd::stop_token;
            draft = 0;
            made.unfed = token;
        }
        // A model may know more ids than its tokenizer has pieces: padding.
        const bool has_piece = static_cast<std::size_t>(token) < tokenizer.size();
        if (has_piece && !tokenizer.is_special(token)) text.put(tokenizer.piece(token));
    }
    return GenerationEnd::limit;
}

}  // namespace

Generation generate(Session& session, std::span<const int> prompt, Sampler& sampler, const GenerationOptions& options,
                    GeneratedText& text) {
    Generation made;
    const Stopwatch watch;
    try {
        session.feed(prompt);
        made.prompt = {prompt.size(), watch.seconds()};
        made.end = generate_after_prompt(session, sampler, options, text, made);
    } catch (const Interrupted&) {
        made.end = GenerationEnd::interrupted;
    }
    if (made.prompt.tokens > 0) made.generated.seconds = watch.seconds() - made.prompt.seconds;
    return made;
}

}  // namespace bitnet::cli
