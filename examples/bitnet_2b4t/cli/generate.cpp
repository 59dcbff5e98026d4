#include "generate.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <string>

#include "in_range.hpp"
#include "memory_use.hpp"

namespace bitnet::cli {

void add_limit_option(CLI::App& command, int& limit) {
    command.add_option("-n,--predict", limit, "most tokens to generate; -1: until the model stops")
        ->check(in_range(-1, 1 << 30))
        ->type_name("N")
        ->capture_default_str();
}

Pace& Pace::operator+=(const Pace& more) {
    tokens += more.tokens;
    seconds += more.seconds;
    return *this;
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

Tokenizer tokenizer_of(const ModelSource& source) {
    Tokenizer tokenizer = load_tokenizer(source);
    const std::size_t vocab = source.config().vocab;
    if (tokenizer.size() <= vocab) return tokenizer;
    throw FileError(source.name(), "a tokenizer of at most " + std::to_string(vocab) + " tokens, as the model has",
                    std::to_string(tokenizer.size()));
}

Generation generate(Session& session, Sampler& sampler, const Tokenizer& tokenizer, std::size_t limit,
                    const std::function<void(std::string_view)>& put, const std::function<bool()>& stop) {
    Generation made{GenerationEnd::limit};
    const auto end = [&](GenerationEnd why) {
        session.drop_draft();
        made.end = why;
        return made;
    };
    while (made.count < limit) {
        if (stop && stop()) return end(GenerationEnd::interrupted);
        if (made.unfed >= 0) {
            if (session.room() == 0) return end(GenerationEnd::full_context);
            session.feed_chosen(made.unfed, limit - made.count);
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

}  // namespace bitnet::cli
