#include <bitnet/engine.hpp>
#include <bitnet/ranks.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstddef>
#include <files/model_source.hpp>
#include <functional>
#include <memory>
#include <model/weights.hpp>
#include <stdexcept>
#include <string>
#include <ternion/distributed/any_communicator.hpp>
#include <ternion/distributed/thread_ranks.hpp>
#include <vector>

#include "engine_fixture.hpp"
#include "files_fixture.hpp"
#include "gguf_edit.hpp"

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

/// Networks on which inputs of layers are gathered as floats, and as codes.
constexpr ternion::NetworkCost slow_to_answer{.latency = 1, .seconds_per_byte = 0};
constexpr ternion::NetworkCost narrow{.latency = 0, .seconds_per_byte = 1};

/// `program` on rank 0 of some, with options that name them.
void on_ranks(std::size_t size, LoadOptions options, const std::function<void(const LoadOptions&)>& program,
              const ternion::NetworkCost& network = narrow) {
    ternion::ThreadRanks::run(size, [&](ternion::ThreadRanks::Rank rank) {
        const auto any = std::make_shared<ternion::ErasedCommunicator<ternion::ThreadRanks::Rank>>(rank);
        any->set_network(network);
        if (rank.rank() != 0) return follow(*any);
        options.ranks = any;
        program(options);
        if (size > 1) release_ranks(*any);
    });
}

void check_ranks(const std::string& path, const LoadOptions& options, bool has_codes = false) {
    const Said expected = say(path, options);
    REQUIRE(!expected.logits.empty());
    for (const std::size_t size : rank_counts) {
        CAPTURE(path, size, static_cast<int>(options.kv_type));
        std::size_t bytes[2];
        for (const ternion::NetworkCost& network : {narrow, slow_to_answer}) {
            Said found;
            const auto run = [&](const LoadOptions& on_all) {
                found = say(path, on_all);
                bytes[network.latency > 0] = on_all.ranks->cost().bytes;
            };
            on_ranks(size, options, run, network);
            CHECK(found.tokens == expected.tokens);
            CHECK(found.logits == expected.logits);
            CHECK(found == expected);
        }
        CHECK(bytes[0] <= bytes[1]);
        if (has_codes && size == 2) CHECK(bytes[0] < bytes[1]);
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
        check_ranks(tiny_model, options, true);
    }
    LoadOptions threads = small_options();
    threads.threads = 2;
    threads.batch = 64;
    check_ranks(bitnet_tests::shipped_model, threads, true);
}

TEST_CASE("Any number of ranks gives the bits of one process in every family", "[ranks]") {
    const std::string families = TESTS_DIR "/golden/families/";
    for (const char* name :
         {"bitnet-silu.gguf", "bitnet-silu-hf", "llama-linear.gguf", "llama-rope3.gguf", "llama-separate-hf",
          "llama-separate.gguf", "llama-tied.gguf", "llama-tq1.gguf", "llama-tq2.gguf", "qwen3-g128.gguf",
          "qwen3-g128-hf", "qwen3-q2_0.gguf", "qwen3-tq1.gguf", "qwen3-tq2.gguf", "qwen3-yarn.gguf"}) {
        check_ranks(families + name, small_options());
    }
    for (const ActivationType type :
         {ActivationType::int8, ActivationType::int8_64, ActivationType::int8_128, ActivationType::floats}) {
        LoadOptions options = small_options();
        options.activations = type;
        check_ranks(families + "llama-tq1.gguf", options);
        if (type == ActivationType::int8) check_ranks(families + "qwen3-g128.gguf", options);
    }
}

TEST_CASE("A scale for each row is no scale for groups, also on ranks that have no rows", "[ranks]") {
    const bitnet_tests::TemporaryFolder folder;
    const std::string path = folder / "rows.gguf";
    bitnet_tests::EditableGguf model(bitnet_tests::read_text(TESTS_DIR "/golden/families/llama-tq2.gguf"));
    for (const char* name : {"blk.1.attn_q.weight", "blk.1.attn_k.weight", "blk.1.attn_v.weight"})
        model.tensor(name).bytes[65] = static_cast<char>(model.tensor(name).bytes[65] + 4);  // doubles row 0's scale
    bitnet_tests::write_text(path, model.text());
    check_ranks(path, small_options());
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

/// What is said to a conversation that goes on from a file, and the file that it is saved to then.
std::string go_on(const LoadOptions& options, const std::string& path, const std::string& from, const std::string& to) {
    const Model model = load_model(path, options);
    Conversation talk(model, "", {.limit = 12, .sampling = {.temperature = 0}});
    if (!from.empty()) {
        talk.answer("another one");
        talk.load(from);
    }
    const std::string text = talk.answer("What is 123 + 45?").text;
    talk.save(to);
    return text;
}

TEST_CASE("A conversation is saved with the same bytes on any number of ranks, and goes on on any other", "[ranks]") {
    const bitnet_tests::TemporaryFolder folder;
    LoadOptions options = small_options();
    options.context = 200;
    options.tokenizer = true;
    for (const std::string& path : {std::string(bitnet_tests::shipped_model), tiny_model}) {
        CAPTURE(path);
        options.kv_type = path == tiny_model ? KvType::f32 : KvType::i4;
        const std::string first = folder / "first", second = folder / "second", found = folder / "found";
        go_on(options, path, "", first);
        const std::string expected = go_on(options, path, first, second);
        const auto check = [&](const LoadOptions& on_all) {
            go_on(on_all, path, "", found);
            CHECK(bitnet_tests::read_text(found) == bitnet_tests::read_text(first));
            CHECK(go_on(on_all, path, first, found) == expected);
            CHECK(bitnet_tests::read_text(found) == bitnet_tests::read_text(second));
        };
        for (const std::size_t size : {1, 2, 3, 7})
            on_ranks(size, options, check);
    }
}

TEST_CASE("Ranks refuse a saved conversation as one process does, and go on", "[ranks]") {
    const bitnet_tests::TemporaryFolder folder;
    LoadOptions options = small_options();
    options.context = 200;
    options.kv_type = KvType::f32;
    options.tokenizer = true;
    const std::string saved = folder / "saved", bad = folder / "bad", found = folder / "found";
    go_on(options, tiny_model, "", saved);
    std::string bytes = bitnet_tests::read_text(saved);
    bytes.replace(bytes.size() - 4, 4, "\xff\xff\xff\xff");  // NaN
    bitnet_tests::write_text(bad, bytes);
    const auto run = [&](const LoadOptions& on_all) {
        const Model model = load_model(tiny_model, on_all);
        Conversation talk(model, "", {.limit = 12, .sampling = {.temperature = 0}});
        talk.load(saved);
        const std::string refused = bitnet_tests::refusal([&] { talk.load(bad); });
        CHECK(refused == bad + ": expected finite numbers in the KV cache, found NaN or infinity");
        CHECK(bitnet_tests::refusal([&] { talk.load(tiny_model); }) != "");
        CHECK(bitnet_tests::refusal([&] { talk.save("/no/such/folder/file"); }) != "");
        return talk.answer("What is 123 + 45?").text;
    };
    const std::string expected = run(options);
    on_ranks(3, options, [&](const LoadOptions& on_all) { CHECK(run(on_all) == expected); });
}

/// Bytes of the ternary matrices of a rank, and the weights that it has of them by the model's sizes.
struct Held {
    std::size_t bytes = 0, weights = 0;
};

std::vector<Held> matrices_held(std::size_t size) {
    std::vector<Held> held(size);
    ternion::ThreadRanks::run(size, [&](ternion::ThreadRanks::Rank rank) {
        ternion::ErasedCommunicator<ternion::ThreadRanks::Rank> ranks(rank);
        const auto source = open_model(bitnet_tests::shipped_model);
        ternion::ThreadPool alone(1);
        const Weights weights =
            load_weights(*source, find_kernels(), alone, {}, {.ranks = &ranks, .skip_zeros = false});
        Held& own = held[rank.rank()];
        for (const LayerWeights& layer : weights.layers)
            own.bytes += layer.memory.size();
        const Config& whole = weights.config;
        const Config& part = weights.shares.own;
        const std::size_t rows = weights.shares.hidden.size(rank.rank());
        own.weights = whole.layers * (whole.hidden * (part.q_size() + 2 * part.kv_size() + 2 * part.ffn) +
                                      rows * (whole.q_size() + whole.ffn));
        if (weights.head().vocab() != weights.shares.tokens.size(rank.rank()))
            throw std::runtime_error("a head of other tokens");
    });
    return held;
}

TEST_CASE("A rank has its share of the weights and no more", "[ranks]") {
    const Held whole = matrices_held(1)[0];
    for (const std::size_t size : {2, 3, 4}) {
        std::size_t weights = 0;
        for (const Held& own : matrices_held(size)) {
            CAPTURE(size, own.bytes, own.weights);
            const double share = static_cast<double>(own.weights) / static_cast<double>(whole.weights);
            CHECK(share < 1.25 / static_cast<double>(size));
            CHECK(static_cast<double>(own.bytes) < 1.15 * share * static_cast<double>(whole.bytes));
            weights += own.weights;
        }
        CHECK(weights == whole.weights);
    }
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
}

}  // namespace
