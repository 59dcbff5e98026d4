#include <algorithm>
#include <bitnet/engine.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <functional>
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

TEST_CASE("a prompt gives the same bits in whatever pieces it comes, beside whatever else") {
    const Model model = load_model(tiny_model, {.threads = 2, .batch = 256});
    std::vector<int> prompt(500);
    for (std::size_t i = 0; i < prompt.size(); ++i)
        prompt[i] = static_cast<int>(i * i * 31 % 500);
    Session alone(model);
    alone.append(prompt);
    const std::vector<float> expected(alone.logits().begin(), alone.logits().end());
    const std::size_t piece = GENERATE(1, 7, 32, 100, 255);
    Session pieces(model), other(model), workspace(model);
    const std::vector<int> one = {3};
    for (std::size_t begin = 0; begin < prompt.size(); begin += piece) {
        const auto part = std::span(prompt).subspan(begin, std::min(piece, prompt.size() - begin));
        append_together(std::vector<Step>{{&workspace, {}}, {&other, one}, {&pieces, part}});
    }
    CHECK(same(pieces.logits(), expected));
    CHECK(workspace.tokens().empty());
}

TEST_CASE("a session goes on from a snapshot as from its own tokens") {
    const KvType kv_type = GENERATE(KvType::f16, KvType::i3);
    const Model model = load_model(tiny_model, {.threads = 2, .kv_type = kv_type});
    std::vector<int> tokens(200);
    for (std::size_t i = 0; i < tokens.size(); ++i)
        tokens[i] = static_cast<int>(i * 37 % 500);
    Session first(model);
    first.append(tokens);
    const Snapshot taken = first.snapshot();
    first.append(std::vector<int>{9, 8, 7});  // what shares memory doesn't notice
    CHECK(std::ranges::equal(taken.tokens(), tokens));
    for (const std::size_t length : {1, 63, 64, 65, 150, 199}) {
        Session again(model), alone(model);
        again.append(std::vector<int>{1, 2, 3});
        again.restore(taken, length);
        CHECK(again.tokens().size() == length);
        CHECK_THROWS_AS(again.logits(), std::logic_error);
        again.append(std::vector<int>{5, 6});
        alone.append(std::span(tokens).first(length));
        alone.append(std::vector<int>{5, 6});
        CHECK(same(again.logits(), alone.logits()));
    }
    Session whole(model);
    whole.restore(taken, tokens.size());
    whole.append(std::vector<int>{9, 8, 7});
    CHECK(same(whole.logits(), first.logits()));
    CHECK_THROWS_AS(whole.restore(taken, 201), std::invalid_argument);
    CHECK_THROWS_AS(Session(load_model(tiny_model)).restore(taken, 1), std::invalid_argument);
}

TEST_CASE("snapshots that begin alike share memory") {
    const Model model = load_model(tiny_model, {.threads = 1});
    std::vector<int> tokens(256, 4);
    Session session(model);
    session.append(tokens);
    const Snapshot a = session.snapshot();
    session.append(std::vector<int>{1});
    const Snapshot b = session.snapshot();
    const std::size_t block = session.cache_bytes() / 5;
    CHECK(Snapshot::cache_bytes(std::vector{a}) == 4 * block);
    CHECK(Snapshot::cache_bytes(std::vector{a, b}) == 5 * block);
    Session other(model);
    other.restore(a, 100);
    other.append(std::vector<int>{2});
    CHECK(Snapshot::cache_bytes(std::vector{a, b, other.snapshot()}) == 6 * block);
    CHECK(Snapshot::cache_bytes({}) == 0);
}

TEST_CASE("candidates have the likeliest tokens, and those that are asked for, with their exact logits") {
    const Model model = load_model(tiny_model, {.threads = 1, .full_head = false});
    Session session(model);
    session.append(some_prompts()[1]);
    const std::vector<float> logits(session.logits().begin(), session.logits().end());
    const std::vector<int> always = {17, 400};
    const auto found = session.candidates(5, always);
    const auto has = [&](int id) { return std::ranges::any_of(found, [&](const Candidate& c) { return c.id == id; }); };
    for (const Candidate& c : found)
        CHECK(c.logit == logits[static_cast<std::size_t>(c.id)]);
    CHECK((has(17) && has(400)));
    std::vector<float> sorted = logits;
    std::ranges::sort(sorted, std::greater());
    for (std::size_t id = 0; id < logits.size(); ++id) {
        if (logits[id] >= sorted[2]) CHECK(has(static_cast<int>(id)));
    }
    CHECK(session.candidates(0).size() == model.vocabulary_size());
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
