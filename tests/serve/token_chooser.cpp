#include "serve/token_chooser.hpp"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "model_fixture.hpp"
#include "serve/json_grammar.hpp"

namespace {

using namespace bitnet;
using namespace bitnet::serve;
using namespace serve_tests;

/// What a sampler chooses of all tokens that the grammar allows, each of which is asked for.
std::vector<int> naive_tokens(const Model& model, const ChoiceOptions& options, std::vector<int> history, int count) {
    Session session(model);
    session.append(history);
    Sampler sampler(options.sampling);
    GrammarState state(*options.grammar);
    std::vector<int> chosen;
    while (static_cast<int>(chosen.size()) < count && !state.must_end()) {
        std::vector<Candidate> allowed;
        const std::span<const float> logits = session.logits();
        for (int id = 0; id < static_cast<int>(model.tokenizer().size()); ++id) {
            const std::string_view piece = model.tokenizer().piece(id);
            GrammarState next = state;
            const bool good = model.tokenizer().is_stop(id)
                                  ? state.may_end()
                                  : !model.tokenizer().is_special(id) && !piece.empty() && next.take(piece);
            const auto bias = options.bias.find(id);
            if (good)
                allowed.push_back(
                    {logits[static_cast<std::size_t>(id)] + (bias == options.bias.end() ? 0 : bias->second), id});
        }
        chosen.push_back(sampler(allowed, session.tokens()));
        if (model.tokenizer().is_stop(chosen.back())) break;
        state.take(model.tokenizer().piece(chosen.back()));
        session.append(std::span(&chosen.back(), 1));
    }
    return chosen;
}

std::vector<int> tokens(const Model& model, const ChoiceOptions& options, std::vector<int> history, std::size_t count) {
    Session session(model);
    session.append(history);
    TokenChooser chooser(model.tokenizer(), options);
    std::vector<int> chosen;
    while (chosen.size() < count) {
        chosen.push_back(chooser.choose(session).id);
        if (model.tokenizer().is_stop(chosen.back())) break;
        session.append(std::span(&chosen.back(), 1));
    }
    return chosen;
}

TEST_CASE("with a grammar, tokens are what a sampler chooses of all that are allowed") {
    const Model model = load_model(shipped_model, {.threads = 1});
    const auto schema = schema_grammar(nlohmann::ordered_json::parse(
        R"({"type": "object", "properties": {"a": {"type": "string", "maxLength": 9}, "b": {"type": "array", "items": {"type": "integer"}}},
            "required": ["a", "b"]})"));
    const std::vector<int> prompt = model.tokenize("User: Who are you?");
    std::size_t total = 0;  // an object may be empty
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        ChoiceOptions options{.grammar = seed % 2 == 0 ? schema : json_object_grammar()};
        options.sampling.seed = seed;
        options.sampling.temperature = seed < 2 ? 0.0F : 1.0F;
        options.sampling.top_k = std::array{40, 1, 5, 0, 100000, 3}[seed % 6];
        options.sampling.repeat_penalty = seed % 3 == 0 ? 1.3F : 1.0F;
        if (seed % 4 == 1) options.bias = {{34, 5.0F}, {97, -3.0F}};
        INFO("seed " << seed);
        const std::vector<int> naive = naive_tokens(model, options, prompt, 40);
        total += naive.size();
        CHECK(tokens(model, options, prompt, naive.size()) == naive);
    }
    CHECK(total > 150);
}

}  // namespace
