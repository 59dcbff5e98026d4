#include <algorithm>
#include <bitnet/engine.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <list>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine_fixture.hpp"

namespace {

using namespace bitnet;
using namespace bitnet_tests;

bool same(std::span<const float> a, std::span<const float> b) {
    return std::ranges::equal(a, b);
}

TEST_CASE("several sequences in one step give the bits that each gives alone, and may come and go between steps") {
    const bool full_head = GENERATE(false, true);
    const Model model = load_model(tiny_model, {.threads = 2, .batch = 16, .full_head = full_head});
    const auto prompts = some_prompts();
    std::vector<Session> together, alone;
    std::vector<Step> steps;
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        together.emplace_back(model);
        alone.emplace_back(model);
    }
    const auto check = [&](std::size_t i) {
        CHECK(std::ranges::equal(together[i].tokens(), alone[i].tokens()));
        CHECK(same(together[i].logits(), alone[i].logits()));
        Sampler a(some_options(i).sampling), b(some_options(i).sampling);
        CHECK(together[i].sample(a) == alone[i].sample(b));
    };
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        steps.push_back({&together[i], prompts[i]});
        alone[i].append(prompts[i]);
    }
    append_together(steps);
    for (std::size_t i = 0; i < prompts.size(); ++i)
        check(i);
    // Each time another one sits out, and another is first.
    for (std::size_t round = 0; round < 6; ++round) {
        const std::vector<int> token = {static_cast<int>(round * 41 % 500)};
        steps.clear();
        for (std::size_t i = 0; i < prompts.size(); ++i) {
            const std::size_t which = (i + round) % prompts.size();
            if (i == 2) continue;
            steps.push_back({&together[which], token});
            alone[which].append(token);
        }
        append_together(steps);
        for (std::size_t i = 0; i < prompts.size(); ++i)
            check(i);
    }
}

TEST_CASE("generating together gives each its own text") {
    const Model model = load_model(tiny_model, {.threads = 2, .batch = 16});
    const auto prompts = some_prompts();
    std::list<Session> sessions;
    std::vector<GenerationRequest> requests;
    std::vector<std::string> pieces(prompts.size());
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        requests.push_back(
            {&sessions.emplace_back(model), prompts[i], some_options(i), [&pieces, i](std::string_view p) {
                 pieces[i] += p;
                 return true;
             }});
    }
    requests[4].on_piece = [&](std::string_view p) {
        pieces[4] += p;
        return pieces[4].size() < 4;
    };
    const std::vector<Generation> made = generate_together(requests);
    REQUIRE(made.size() == prompts.size());
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        Session alone(model);
        std::string text;
        const Generation expected = alone.generate(prompts[i], some_options(i), [&](std::string_view p) {
            text += p;
            return i != 4 || text.size() < 4;
        });
        CHECK(made[i].text == expected.text);
        CHECK(pieces[i] == text);
        CHECK(made[i].end == expected.end);
        CHECK(made[i].prompt.tokens == prompts[i].size());
        CHECK(made[i].generated.tokens == expected.generated.tokens);
        CHECK(std::ranges::equal(requests[i].session->tokens(), alone.tokens()));
        CHECK(std::ranges::equal(requests[i].session->pending(), alone.pending()));
    }
}

TEST_CASE("one that is cancelled leaves, and the others don't notice") {
    const Model model = load_model(tiny_model, {.threads = 2, .batch = 16});
    const auto prompts = some_prompts();
    const std::size_t polls_left = GENERATE(1, 9, 30);  // while prompts are read, and later
    std::list<Session> sessions;
    std::vector<GenerationRequest> requests;
    for (std::size_t i = 0; i < prompts.size(); ++i)
        requests.push_back({&sessions.emplace_back(model), prompts[i], some_options(i), {}});
    std::size_t polls = 0;
    requests[3].options.cancelled = [&] { return ++polls > polls_left; };
    const std::vector<Generation> made = generate_together(requests);
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        Session alone(model);
        const Generation expected = alone.generate(prompts[i], some_options(i));
        if (i == 3) {
            CHECK(made[i].end == GenerationEnd::cancelled);
            CHECK(expected.text.starts_with(made[i].text));
        } else {
            CHECK(made[i].text == expected.text);
        }
    }
}

TEST_CASE("a callback that throws leaves no guess in anybody's session") {
    const Model model = load_model(tiny_model, {.threads = 2, .batch = 16});
    const auto prompts = some_prompts();
    for (int throwing = 1; throwing < 9; ++throwing) {
        std::list<Session> sessions;
        std::vector<GenerationRequest> requests;
        for (std::size_t i = 0; i < prompts.size(); ++i) {
            requests.push_back({&sessions.emplace_back(model), prompts[i], some_options(i), {}});
            requests.back().options.draft_ngram = 1;
        }
        int pieces = 0;
        requests[0].on_piece = [&](std::string_view) {
            if (++pieces == throwing) throw std::runtime_error("enough");
            return true;
        };
        CHECK_THROWS_AS(generate_together(requests), std::runtime_error);
        std::size_t i = 0;
        for (const Session& session : sessions) {
            Session alone(model);
            alone.generate(prompts[i], some_options(i));
            ++i;
            const auto found = session.tokens(), expected = alone.tokens();
            CHECK(std::equal(found.begin(), found.end(), expected.begin(),
                             expected.begin() + static_cast<std::ptrdiff_t>(std::min(found.size(), expected.size()))));
        }
    }
}

TEST_CASE("what can't be done together is refused, and nothing has changed") {
    const Model model = load_model(tiny_model, {.threads = 1, .context = 32}), other = load_model(tiny_model);
    Session a(model), b(model), c(other);
    const std::vector<int> some = {1, 2, 3}, wrong = {1, 600}, many(40, 1);
    const auto append = [](std::initializer_list<Step> steps) { append_together(std::vector<Step>(steps)); };
    CHECK_THROWS_AS(append({{&a, some}, {&a, some}}), std::invalid_argument);
    CHECK_THROWS_AS(append({{&a, some}, {&c, some}}), std::invalid_argument);
    CHECK_THROWS_AS(append({{&a, some}, {nullptr, some}}), std::invalid_argument);
    CHECK_THROWS_AS(append({{&a, some}, {&b, wrong}}), std::invalid_argument);
    CHECK_THROWS_AS(append({{&a, some}, {&b, many}}), PromptTooLong);
    CHECK_THROWS_AS(append_together(std::vector<Step>{{&a, some}, {&b, some}}, [] { return true; }), Cancelled);
    CHECK(a.tokens().empty());
    CHECK(b.tokens().empty());
    append({});
    append({{&a, some}, {&b, {}}});
    CHECK(a.tokens().size() == 3);
}

}  // namespace
