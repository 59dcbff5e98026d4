#include "generate.hpp"

#include <string>

#include "in_range.hpp"

namespace bitnet::cli {

void add_limit_option(CLI::App& command, int& limit) {
    command.add_option("-n,--predict", limit, "most tokens to generate; -1: until the model stops")
        ->check(in_range(-1, 1 << 30))
        ->type_name("N")
        ->capture_default_str();
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
