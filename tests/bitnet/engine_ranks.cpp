#include <bitnet/engine.hpp>
#include <bitnet/ranks.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <ternion/distributed/any_communicator.hpp>
#include <ternion/distributed/thread_ranks.hpp>
#include <vector>

#include "engine_fixture.hpp"
#include "files_fixture.hpp"

// Ranks are threads here; tests/mpi has processes. Everything is compared with one process by ==.

namespace {

using namespace bitnet;
using bitnet_tests::tiny_model;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

constexpr std::size_t rank_counts[] = {1, 2, 3, 4, 5, 7};

/// What a model says to a prompt of some batches, and then by itself.
struct Said {
    std::vector<float> logits;
    std::vector<Candidate> likeliest;
    std::vector<int> tokens;

    friend bool operator==(const Said& a, const Said& b) {
        const auto same = [](const Candidate& x, const Candidate& y) { return x.logit == y.logit && x.id == y.id; };
        return a.logits == b.logits && a.tokens == b.tokens && std::ranges::equal(a.likeliest, b.likeliest, same);
    }
};

Said say(const std::string& path, const LoadOptions& options) {
    const Model model = load_model(path, options);
    Said said;
    Session session(model);
    const auto vocab = static_cast<int>(model.vocabulary_size());
    std::vector<int> prompt;
    for (int i = 0; i < 19; ++i)
        prompt.push_back((i * i * 31 + 7) % vocab);
    session.append(prompt, 0, [&](std::size_t, std::span<const float> logits) {
        said.logits.insert(said.logits.end(), logits.begin(), logits.end());
    });
    for (int i = 0; i < 6; ++i) {
        if (i == 3) {
            session.rewind(20);
            session.append(std::vector<int>{9});
        }
        const std::vector<Candidate> best = session.likeliest(4);
        said.likeliest.insert(said.likeliest.end(), best.begin(), best.end());
        const auto all = session.logits();
        said.logits.insert(said.logits.end(), all.begin(), all.end());
        said.tokens.push_back(best[0].id);
        session.append(std::vector<int>{best[0].id});
    }
    return said;
}

/// `program` on rank 0 of some, with options that name them.
void on_ranks(std::size_t size, LoadOptions options, const std::function<void(const LoadOptions&)>& program) {
    ternion::ThreadRanks::run(size, [&](ternion::ThreadRanks::Rank rank) {
        const auto any = std::make_shared<ternion::ErasedCommunicator<ternion::ThreadRanks::Rank>>(rank);
        if (rank.rank() != 0) return follow(*any);
        options.ranks = any;
        program(options);
        if (size > 1) release_ranks(*any);
    });
}

void check_ranks(const std::string& path, const LoadOptions& options) {
    const Said expected = say(path, options);
    REQUIRE(!expected.logits.empty());
    for (const std::size_t size : rank_counts) {
        CAPTURE(path, size, static_cast<int>(options.kv_type));
        Said found;
        on_ranks(size, options, [&](const LoadOptions& on_all) { found = say(path, on_all); });
        CHECK(found.tokens == expected.tokens);
        CHECK(found.logits == expected.logits);
        CHECK(found == expected);
    }
}

LoadOptions small_options() {
    return {.threads = 1, .context = 64, .batch = 8, .tokenizer = false};
}

TEST_CASE("Any number of ranks gives the bits of one process", "[ranks]") {
    for (std::size_t type = 0; type < kv_type_names.size(); ++type) {
        LoadOptions options = small_options();
        options.kv_type = static_cast<KvType>(type);
        options.full_head = type % 2 == 0;
        check_ranks(tiny_model, options);
    }
    LoadOptions threads = small_options();
    threads.threads = 2;
    threads.batch = 64;
    check_ranks(bitnet_tests::shipped_model, threads);
}

TEST_CASE("Any number of ranks gives the bits of one process in every family", "[ranks]") {
    const std::string families = TESTS_DIR "/golden/families/";
    for (const char* name :
         {"bitnet-silu.gguf", "bitnet-silu-hf", "llama-linear.gguf", "llama-rope3.gguf", "llama-separate-hf",
          "llama-separate.gguf", "llama-tied.gguf", "llama-tq1.gguf", "llama-tq2.gguf", "qwen3-g128.gguf",
          "qwen3-g128-hf", "qwen3-q2_0.gguf", "qwen3-tq1.gguf", "qwen3-tq2.gguf", "qwen3-yarn.gguf"}) {
        check_ranks(families + name, small_options());
    }
    for (const ActivationType type : {ActivationType::int8_64, ActivationType::int8_128, ActivationType::floats}) {
        LoadOptions options = small_options();
        options.activations = type;
        check_ranks(families + "llama-tq1.gguf", options);
    }
}

TEST_CASE("Sequences on ranks are stepped together, sampled and scored as by one process", "[ranks]") {
    const auto run = [](const LoadOptions& options) {
        const Model model = load_model(tiny_model, options);
        std::vector<Session> sessions;
        std::vector<GenerationRequest> requests;
        const auto prompts = bitnet_tests::some_prompts();
        for (std::size_t i = 0; i < prompts.size(); ++i)
            sessions.emplace_back(model);
        for (std::size_t i = 0; i < prompts.size(); ++i)
            requests.push_back({&sessions[i], prompts[i], bitnet_tests::some_options(i)});
        std::vector<std::string> texts;
        for (const Generation& made : generate_together(requests))
            texts.push_back(made.text);
        sessions.erase(sessions.begin());
        Session other(model);
        return std::pair(texts, other.log_probabilities(prompts[3], 1));
    };
    LoadOptions options = small_options();
    options.context = 200;
    options.tokenizer = true;
    const auto expected = run(options);
    for (const std::size_t size : {2, 3}) {
        on_ranks(size, options, [&](const LoadOptions& on_all) { CHECK(run(on_all) == expected); });
    }
}

TEST_CASE("Sessions on ranks go on from snapshots, which outlive where they were taken", "[ranks]") {
    const auto run = [](const LoadOptions& options) {
        const Model model = load_model(tiny_model, options);
        std::vector<int> tokens(100);
        for (std::size_t i = 0; i < tokens.size(); ++i)
            tokens[i] = static_cast<int>(i * 37 % 500);
        std::vector<float> all;
        const auto keep = [&](Session& session) {
            all.insert(all.end(), session.logits().begin(), session.logits().end());
        };
        Session empty(model), other(model);
        other.append(std::vector<int>{1, 2, 3});
        const auto first = std::make_unique<Session>(model);
        first->append(tokens);
        first->rewind(90);  // which the other ranks haven't heard of when the snapshot is taken
        const Snapshot taken = first->snapshot();
        first->append(std::vector<int>{9, 8});
        keep(*first);
        std::vector<Session> again;
        for (const std::size_t length : {0, 1, 64, 90}) {
            again.emplace_back(model).append(std::vector<int>{7});
            again.back().restore(length == 0 ? empty.snapshot() : taken, length);
            again.back().append(std::vector<int>{9, 8});
            keep(again.back());
        }
        again.erase(again.begin());
        again[0].restore(again[1].snapshot(), 65);  // from a session, and from one that had a snapshot's tokens
        other.append(std::vector<int>{4});
        again[0].append(std::vector<int>{6});
        keep(again[0]);
        keep(other);
        return all;
    };
    LoadOptions options = small_options();
    options.context = 200;
    const auto expected = run(options);
    for (const std::size_t size : {2, 3, 7})
        on_ranks(size, options, [&](const LoadOptions& on_all) { CHECK(run(on_all) == expected); });
}

TEST_CASE("A step that is given up on several ranks can be taken again", "[ranks]") {
    const auto run = [](const LoadOptions& options, bool give_up) {
        const Model model = load_model(tiny_model, options);
        Session session(model);
        const std::vector<int> prompt(20, 5);
        int asked = 0;
        if (give_up) CHECK_THROWS_AS(session.append(prompt, [&] { return ++asked == 2; }), Cancelled);
        session.append(prompt);
        const auto logits = session.logits();
        return std::vector<float>(logits.begin(), logits.end());
    };
    LoadOptions options = small_options();
    options.batch = 32;
    const auto expected = run(options, false);
    on_ranks(3, options, [&](const LoadOptions& on_all) { CHECK(run(on_all, true) == expected); });
}

TEST_CASE("Rank 0 says what doesn't work on ranks", "[ranks]") {
    on_ranks(2, small_options(), [](const LoadOptions& options) {
        CHECK_THROWS_MATCHES(load_model("no/such/file.gguf", options), std::runtime_error,
                             MessageMatches(ContainsSubstring("no/such/file.gguf")));
        LoadOptions long_context = options;
        long_context.context = 1 << 20;
        CHECK_THROWS_AS(load_model(tiny_model, long_context), ContextTooLong);
        const Model model = load_model(tiny_model, options);  // after the failures
        Session session(model);
        session.append(std::vector<int>{1, 2, 3});
        CHECK(session.logits().size() == model.vocabulary_size());
    });
    on_ranks(2, small_options(), [](LoadOptions options) {
        options.tokenizer = true;
        const Model model = load_model(tiny_model, options);
        const Conversation conversation(model);
        const bitnet_tests::TemporaryFolder folder;
        CHECK_THROWS_MATCHES(conversation.save(folder / "saved"), std::runtime_error,
                             MessageMatches(ContainsSubstring("expected a conversation on one rank")));
    });
}

}  // namespace
