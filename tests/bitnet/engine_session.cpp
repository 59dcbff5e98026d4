#include <algorithm>
#include <bitnet/engine.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "engine_fixture.hpp"
#include "files_fixture.hpp"

namespace {

using namespace bitnet;
using namespace bitnet_tests;

std::vector<int> tokens_of(const Session& session) {
    std::vector<int> tokens(session.tokens().begin(), session.tokens().end());
    tokens.insert(tokens.end(), session.pending().begin(), session.pending().end());
    return tokens;
}

/// What went wrong, which is one line.
template <class F>
std::string message_of(F&& f) {
    try {
        f();
    } catch (const std::exception& error) {
        const std::string message = error.what();
        CHECK(message.find('\n') == std::string::npos);
        return message;
    }
    return "nothing";
}

TEST_CASE("sessions of one model on several threads give what each gives alone") {
    const Model model = load_model(tiny_model, {.threads = 2, .batch = 16});
    const auto prompts = some_prompts();
    std::vector<std::string> alone, found(prompts.size());
    for (std::size_t i = 0; i < prompts.size(); ++i)
        alone.push_back(Session(model).generate(prompts[i], some_options(i)).text);
    for (int round = 0; round < 3; ++round) {
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < prompts.size(); ++i) {
            threads.emplace_back([&, i] { found[i] = Session(model).generate(prompts[i], some_options(i)).text; });
        }
        for (std::thread& thread : threads)
            thread.join();
        CHECK(found == alone);
    }
    CHECK(std::ranges::count(alone, "") == 0);
}

TEST_CASE("a session on threads of its own gives the same") {
    const Model model = load_model(tiny_model, {.threads = 2});
    Session own(model, 3), shared(model);
    CHECK(own.threads() == 3);
    CHECK(shared.threads() == 2);
    const auto prompt = some_prompts()[3];
    CHECK(own.generate(prompt, some_options(2)).text == shared.generate(prompt, some_options(2)).text);
}

TEST_CASE("a model lives as long as its sessions, and can be moved and copied") {
    std::optional<Model> model = load_model(tiny_model, {.threads = 1});
    Session session(*model);
    const std::vector<int> prompt = some_prompts()[1];
    Model moved = std::move(*model);
    model.reset();
    const Model copy = moved;
    moved = load_model(tiny_model, {.threads = 1, .context = 64});
    CHECK(moved.context() == 64);
    CHECK(copy.context() == 512);
    const std::string text = session.generate(prompt, some_options(0)).text;
    CHECK(text == Session(moved).generate(prompt, some_options(0)).text);
    Session other = std::move(session);
    CHECK(other.tokens().size() >= prompt.size());
    CHECK(other.model().options().threads == 1);
    CHECK(other.model().options().isa == known_isa_names().front());
}

TEST_CASE("generation goes on where it was") {
    const Model model = load_model(tiny_model, {.threads = 2});
    const auto prompt = some_prompts()[2];
    GenerationOptions options{.limit = 20, .sampling = {.temperature = 0}};
    Session whole(model), halves(model);
    const Generation all = whole.generate(prompt, options);
    CHECK(all.end == GenerationEnd::limit);
    CHECK(all.prompt.tokens == prompt.size());
    CHECK(all.generated.tokens == 20);
    options.limit = 10;
    const std::string first = halves.generate(prompt, options).text;
    CHECK(halves.pending().size() == 1);
    const Generation second = halves.generate(std::vector<int>{}, options);
    CHECK(second.prompt.tokens == 1);
    CHECK(tokens_of(halves) == tokens_of(whole));
    CHECK(first + second.text == all.text);
}

TEST_CASE("a callback that has enough stops the generation, and gets the whole text otherwise") {
    const Model model = load_model(tiny_model, {.threads = 2});
    const auto prompt = some_prompts()[3];
    for (const std::size_t ngram : {0, 1}) {
        GenerationOptions options{.limit = 30, .draft_ngram = ngram, .sampling = {.temperature = 0}};
        std::string text;
        Session session(model);
        const Generation all = session.generate(prompt, options, [&](std::string_view piece) {
            text += piece;
            return true;
        });
        CHECK(all.text == text);
        std::size_t pieces = 0;
        Session stopped(model);
        const Generation some = stopped.generate(prompt, options, [&](std::string_view) { return ++pieces < 5; });
        CHECK(pieces == 5);
        CHECK(some.end == GenerationEnd::cancelled);
        CHECK(all.text.starts_with(some.text));
        CHECK(some.text.size() < all.text.size());
        // What was stopped can go on.
        options.limit = 30 - static_cast<int>(some.generated.tokens);
        CHECK(some.text + stopped.generate(std::vector<int>{}, options).text == all.text);
        CHECK(tokens_of(stopped) == tokens_of(session));
    }
}

TEST_CASE("a callback that throws leaves what was generated until then, and no guess") {
    const Model model = load_model(tiny_model, {.threads = 2});
    const auto prompt = some_prompts()[3];
    for (const std::size_t ngram : {0, 1}) {
        const GenerationOptions options{.limit = 30, .draft_ngram = ngram, .sampling = {.temperature = 0}};
        Session whole(model);
        whole.generate(prompt, options);
        const std::vector<int> all = tokens_of(whole);
        for (int throwing = 1; throwing < 12; ++throwing) {
            int pieces = 0;
            Session session(model);
            CHECK_THROWS_AS(session.generate(prompt, options,
                                             [&](std::string_view) {
                                                 if (++pieces == throwing) throw std::runtime_error("enough");
                                                 return true;
                                             }),
                            std::runtime_error);
            const std::vector<int> kept = tokens_of(session);
            CHECK(kept.size() > prompt.size());
            CHECK(std::equal(kept.begin(), kept.end(), all.begin()));
        }
    }
}

TEST_CASE("log-probabilities that don't fit leave the session as it was") {
    const Model model = load_model(tiny_model, {.threads = 2, .context = 32});
    Session session(model);
    session.append(some_prompts()[2]);
    const std::vector<int> before = tokens_of(session);
    CHECK_THROWS_AS(session.log_probabilities(some_prompts()[3], 1), PromptTooLong);
    CHECK(tokens_of(session) == before);
}

TEST_CASE("cancelling ends a generation between layers, and a prompt's reading without a trace") {
    const Model model = load_model(tiny_model, {.threads = 2, .batch = 16});
    const auto prompt = some_prompts()[3];
    const GenerationOptions plain{.limit = 12, .sampling = {.temperature = 0}};
    Session reference(model);
    const std::string text = reference.generate(prompt, plain).text;

    Session session(model);
    std::size_t polls = 0, last = 0;
    GenerationOptions options = plain;
    options.cancelled = [&] { return ++polls > last; };
    std::vector<std::size_t> done;
    options.prompt_progress = [&](std::size_t some, std::size_t) { done.push_back(some); };
    last = 3;  // of the prompt's four batches of three layers
    const Generation unread = session.generate(prompt, options);
    CHECK(unread.end == GenerationEnd::cancelled);
    CHECK(unread.prompt.tokens == 0);
    CHECK(unread.text.empty());
    CHECK(session.tokens().empty());
    CHECK(done == std::vector<std::size_t>{0, 16});
    polls = 0;
    last = 3 * 4 + 3 * 5;
    const Generation some = session.generate(prompt, options);
    CHECK(some.end == GenerationEnd::cancelled);
    CHECK(some.prompt.tokens == prompt.size());
    CHECK(some.generated.tokens == 6);
    CHECK(text.starts_with(some.text));
    CHECK(done == std::vector<std::size_t>{0, 16, 0, 16, 32, 48, 50});

    CHECK_THROWS_AS(session.append(prompt, [] { return true; }), Cancelled);
    CHECK(session.tokens().size() == prompt.size() + 5);
    options.cancelled = [&]() -> bool { throw std::domain_error("enough"); };
    CHECK_THROWS_AS(session.generate(prompt, options), std::domain_error);
    options.cancelled = {};
    options.limit = 6;
    CHECK(some.text + session.generate(std::vector<int>{}, options).text == text);
}

TEST_CASE("logits, the likeliest tokens, a sampler and log-probabilities agree") {
    const Model model = load_model(tiny_model, {.threads = 2});
    Session session(model);
    CHECK_THROWS_AS(session.logits(), std::logic_error);
    const auto prompt = some_prompts()[4];
    session.append(prompt);
    const std::vector<float> logits(session.logits().begin(), session.logits().end());
    REQUIRE(logits.size() == model.vocabulary_size());
    const std::vector<Candidate> best = session.likeliest(3);
    REQUIRE(best.size() == 3);
    CHECK(best[0].logit == std::ranges::max(logits));
    for (const auto& [logit, id] : best)
        CHECK(logits[static_cast<std::size_t>(id)] == logit);
    Sampler greedy({.temperature = 0});
    CHECK(session.sample(greedy) == best[0].id);

    std::vector<int> longer = prompt;
    longer.push_back(best[1].id);
    double sum = 0;
    for (const float logit : logits)
        sum += std::exp(static_cast<double>(logit - best[0].logit));
    const double expected = static_cast<double>(best[1].logit - best[0].logit) - std::log(sum);
    Session other(model);
    CHECK_THAT(other.log_probabilities(longer, prompt.size()).at(0), Catch::Matchers::WithinAbs(expected, 1e-6));

    // A short way back what follows is still known.
    session.append(std::vector<int>{7, 8, 9});
    session.rewind(prompt.size() + 1);
    Session shorter(model);
    shorter.append(prompt);
    shorter.append(std::vector<int>{7});
    CHECK(std::ranges::equal(session.logits(), shorter.logits()));
    session.rewind(1);
    CHECK_THROWS_AS(session.logits(), std::logic_error);
}

TEST_CASE("what can't be is refused in one line") {
    const auto refused = [](const LoadOptions& options) {
        return message_of([&] { load_model(tiny_model, options); });
    };
    CHECK(message_of([] { load_model("/no/such/model.gguf"); }).find("/no/such/model.gguf") == 0);
    CHECK(message_of([] { load_model(TESTS_DIR "/bitnet"); }).find("model.safetensors") != std::string::npos);
    CHECK(refused({.threads = -1}) == "load_model: expected 0 to 1024 threads, found -1");
    CHECK(refused({.batch = 0}) == "load_model: expected a batch of 1 to 65536 tokens, found 0");
    CHECK(refused({.context = 513}) == tiny_model + ": expected a context of at most 512 tokens, found 513");
    CHECK(refused({.isa = "abacus"}).starts_with("unknown instruction set: expected "));
    CHECK(message_of([] { load_model_from_memory("bytes", std::as_bytes(std::span("nonsense"))); }).find("bytes:") ==
          0);

    const Model model = load_model(tiny_model, {.threads = 1, .context = 32});
    Session session(model);
    const auto made = [&](const GenerationOptions& options, const std::vector<int>& prompt) {
        return message_of([&] { session.generate(prompt, options); });
    };
    CHECK(made({}, {1, 528}) == "token out of range: expected 0 to 527, found 528");
    CHECK(made({}, {-1}) == "token out of range: expected 0 to 527, found -1");
    CHECK(made({}, {}) == "generate: expected a prompt, found an empty one");
    CHECK(made({.limit = -2}, {1}) == "generate: expected a limit of at least -1, found -2");
    CHECK(made({.sampling = {.temperature = -1}}, {1}).starts_with("sampling: expected a temperature from 0"));
    CHECK(made({.sampling = {.temperature = NAN}}, {1}).starts_with("sampling: expected a temperature from 0"));
    CHECK(made({.sampling = {.top_p = 2}}, {1}).starts_with("sampling: expected top_p from 0"));
    CHECK_THROWS_AS(session.generate(std::vector<int>(33, 1)), PromptTooLong);
    CHECK(made({}, std::vector<int>(33, 1))
              .ends_with("expected a prompt of at most 32 tokens, what is left of a context of 32, found 33"));
    CHECK_THROWS_AS(session.append(std::vector<int>{600}), std::invalid_argument);
    CHECK_THROWS_AS(session.defer(std::vector<int>{600}), std::invalid_argument);
    CHECK_THROWS_AS(session.log_probabilities(std::vector<int>{1, 2}, 0), std::out_of_range);
    CHECK_THROWS_AS(Session(model, -1), std::invalid_argument);
    CHECK(session.tokens().empty());
    CHECK(session.generate(std::vector<int>(32, 1)).end == GenerationEnd::full_context);

    const Model bare = load_model(tiny_model, {.threads = 1, .tokenizer = false});
    CHECK_THROWS_AS(bare.tokenize("text"), std::logic_error);
    Session ids(bare);
    CHECK_THROWS_AS(ids.generate(std::vector<int>{1}), std::logic_error);
    ids.append(std::vector<int>{1, 2, 3});
    CHECK(ids.tokens().size() == 3);
}

TEST_CASE("a conversation answers, and goes on from a file") {
    const Model model = load_model(shipped_model, {.threads = 2});
    const GenerationOptions greedy{.sampling = {.temperature = 0}};
    Conversation talk(model, "", greedy);
    std::string text;
    const Answer answer = talk.answer("What is 123 + 45?", [&](std::string_view piece) {
        text += piece;
        return true;
    });
    CHECK(text.ends_with("168"));
    CHECK(answer.text == text);
    CHECK(answer.end == GenerationEnd::stop_token);
    CHECK(talk.answers().tokens == answer.generated.tokens);
    // A turn whose answer a callback gives up is no part of the conversation.
    CHECK_THROWS_AS(talk.answer("What is 1 + 1?", [](std::string_view) -> bool { throw std::runtime_error("enough"); }),
                    std::runtime_error);
    Conversation undisturbed(model, "", greedy);
    undisturbed.answer("What is 123 + 45?");
    CHECK(tokens_of(talk.session()) == tokens_of(undisturbed.session()));
    const TemporaryFolder folder;
    const std::string file = folder / "talk";
    talk.save(file);
    Conversation other(model, "", greedy);
    other.load(file);
    CHECK(tokens_of(other.session()) == tokens_of(talk.session()));
    CHECK(other.answer("What is 7 + 8?").text == talk.answer("What is 7 + 8?").text);
    const Model wider = load_model(shipped_model, {.threads = 2, .kv_type = KvType::f32});
    CHECK_THROWS_AS(Conversation(wider, "", greedy).load(file), OtherKvType);
    CHECK(message_of([&] { talk.load("/no/such/file"); }).find("/no/such/file") == 0);
}

}  // namespace
