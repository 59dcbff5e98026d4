#include "generate.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <random>

#include <program/cli/interrupt.hpp>
#include <program/cli/number_option.hpp>

namespace bitnet::cli {

void add_generation_options(CLI::App& command, ModelOptions& model, GenerationOptions& options) {
    add_number(command, "-n,--predict", options.limit, "most tokens to generate; -1: until the model stops", -1,
               1 << 30)
        ->capture_default_str();
    model.full_head = false;
    add_number(command, "--draft-ngram", model.draft_ngram,
               "guess what follows from where the last N tokens stood before; the text stays the same; 0: off", 0, 64)
        ->capture_default_str();
    command.add_flag("--full-head", model.full_head,
                     "compute all logits instead of those that can matter; the text stays the same");

    const auto sampling = [&](const char* name, auto& value, const char* help, auto least, auto most) {
        add_number(command, name, value, help, least, most)->capture_default_str()->group("Sampling");
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

namespace {

GenerationEnd generate_after_prompt(Session& session, Sampler& sampler, std::size_t limit, Generation& made,
                                    const std::function<void(std::string_view)>& put) {
    const Tokenizer& tokenizer = session.model().tokenizer();
    for (std::size_t& count = made.generated.tokens; count < limit; ++count) {
        if (made.unfed >= 0) {
            if (session.room() == 0) return GenerationEnd::full_context;
            session.feed_chosen(made.unfed, limit - count);
            made.unfed = -1;
        }
        const int token = session.choose(sampler);
        if (tokenizer.is_stop(token)) return GenerationEnd::stop_token;
        made.unfed = session.confirm(token) ? -1 : token;
        // A model may know more ids than its tokenizer has pieces: padding.
        const bool has_piece = static_cast<std::size_t>(token) < tokenizer.size();
        if (has_piece && !tokenizer.is_special(token)) put(tokenizer.piece(token));
    }
    return GenerationEnd::limit;
}

}  // namespace

Generation generate(Session& session, std::span<const int> prompt, Sampler& sampler, int limit,
                    const std::function<void(std::string_view)>& put) {
    Generation made;
    const Stopwatch reading;
    try {
        session.feed(prompt);
        made.prompt = {prompt.size(), reading.seconds()};
        // -1 is the largest limit of all.
        made.end = generate_after_prompt(session, sampler, static_cast<std::size_t>(limit), made, put);
    } catch (const Interrupted&) {
        made.end = GenerationEnd::interrupted;
    }
    session.drop_draft();
    if (made.prompt.tokens > 0) made.generated.seconds = reading.seconds() - made.prompt.seconds;
    return made;
}

std::string as_json(const std::string& text, const Generation& made) {
    constexpr std::array<const char*, 4> ends = {"stop", "limit", "full_context", "interrupted"};
    const nlohmann::json object = {{"text", text},
                                   {"end", ends[static_cast<std::size_t>(made.end)]},
                                   {"prompt_tokens", made.prompt.tokens},
                                   {"prompt_tokens_per_second", made.prompt.rate()},
                                   {"tokens", made.generated.tokens},
                                   {"tokens_per_second", made.generated.rate()},
                                   {"memory_bytes", memory_in_use()}};
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace bitnet::cli
