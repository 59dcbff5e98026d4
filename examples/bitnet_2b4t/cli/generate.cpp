#include "generate.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <random>

#include "number_option.hpp"

namespace bitnet::cli {

void add_generation_options(CLI::App& command, ModelOptions& model, GenerationOptions& options) {
    add_number(command, "-n,--predict", options.limit, "most tokens to generate; -1: until the model stops", -1,
               1 << 30)
        ->capture_default_str();
    model.screened_head = true;
    add_number(command, "--draft-ngram", model.draft_ngram,
               "guess what follows from where the last N tokens stood before; the text stays the same; 0: off", 0, 64)
        ->capture_default_str();
    command.add_flag("!--full-head", model.screened_head,
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

Generation generate(Session& session, Sampler& sampler, int limit, const std::function<void(std::string_view)>& put,
                    const std::function<bool()>& stop) {
    const Tokenizer& tokenizer = session.model().tokenizer();
    const auto most = static_cast<std::size_t>(limit);  // -1 is the largest of all
    Generation made{GenerationEnd::limit};
    const auto end = [&](GenerationEnd why) {
        session.drop_draft();
        made.end = why;
        return made;
    };
    while (made.count < most) {
        if (stop && stop()) return end(GenerationEnd::interrupted);
        if (made.unfed >= 0) {
            if (session.room() == 0) return end(GenerationEnd::full_context);
            session.feed_chosen(made.unfed, most - made.count);
            made.unfed = -1;
        }
        const int token = session.choose(sampler);
        if (tokenizer.is_stop(token)) return end(GenerationEnd::stop_token);
        made.unfed = session.confirm(token) ? -1 : token;
        ++made.count;
        // A model may know more ids than its tokenizer has pieces: padding.
        const bool has_piece = static_cast<std::size_t>(token) < tokenizer.size();
        if (has_piece && !tokenizer.is_special(token)) put(tokenizer.piece(token));
    }
    return end(GenerationEnd::limit);
}

std::string as_json(const std::string& text, GenerationEnd end, const Pace& prompt, const Pace& generated) {
    constexpr std::array<const char*, 4> ends = {"stop", "limit", "full_context", "interrupted"};
    const nlohmann::json object = {{"text", text},
                                   {"end", ends[static_cast<std::size_t>(end)]},
                                   {"prompt_tokens", prompt.tokens},
                                   {"prompt_tokens_per_second", prompt.rate()},
                                   {"tokens", generated.tokens},
                                   {"tokens_per_second", generated.rate()},
                                   {"memory_bytes", memory_in_use()}};
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace bitnet::cli
