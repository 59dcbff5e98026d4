#include "serve/scheduler.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "model_fixture.hpp"
#include "serve/api_error.hpp"
#include "serve/json_grammar.hpp"

namespace {

using namespace bitnet;
using namespace bitnet::serve;
using namespace serve_tests;

/// Eight jobs that differ in everything: lengths of prompts, of texts, ways to choose; some prompts begin alike.
std::vector<Job> some_jobs() {
    std::vector<Job> jobs;
    for (const std::size_t size : {3, 300, 40, 17, 90, 300, 1, 64}) {
        const std::size_t i = jobs.size();
        Job& job = jobs.emplace_back();
        for (std::size_t t = 0; t < size; ++t)
            job.prompt.push_back(static_cast<int>((t * t * 31 + (t < 30 ? 0 : i * 7)) % 500));
        job.limit = 10 + 9 * i;
        SamplingOptions& sampling = job.choice.sampling;
        sampling.temperature = i % 3 == 0 ? 0.0F : 1.0F;
        sampling.seed = i;
        sampling.top_k = i == 4 ? 0 : 40;
        sampling.repeat_penalty = i == 2 ? 1.2F : 1.0F;
        job.choice.frequency_penalty = i == 3 ? 0.5F : 0.0F;
        job.choice.presence_penalty = i == 3 ? 0.2F : 0.0F;
        if (i == 5) job.choice.bias = {{65, 3.0F}};
        job.choice.scores = i == 1;
        job.choice.scored_likeliest = 3;
    }
    return jobs;
}

/// Runs jobs, each submitted on its own, and waits for all.
void run(Scheduler& scheduler, std::vector<Job> jobs, Results& results) {
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        results.listen(jobs[i], i);
        REQUIRE(scheduler.submit({std::move(jobs[i])}));
    }
    results.wait();
}

/// Each job's text by a scheduler that has nothing else to do and remembers nothing.
std::vector<std::string> texts_alone(const Model& model, const std::vector<Job>& jobs) {
    std::vector<std::string> texts;
    for (const Job& job : jobs) {
        Scheduler scheduler(model, {.slots = 1});
        Results result(1);
        run(scheduler, {job}, result);
        texts.push_back(result.texts[0]);
        CHECK(result.outcomes[0].reason == FinishReason::length);
        CHECK(result.outcomes[0].cached_tokens == 0);
    }
    return texts;
}

TEST_CASE("what a job's text is doesn't depend on what else runs, nor on what is cached") {
    const Model model = load_model(tiny_model, {.threads = 2, .batch = 128, .full_head = false});
    const std::vector<Job> jobs = some_jobs();
    const std::vector<std::string> alone = texts_alone(model, jobs);
    CHECK(std::ranges::count(alone, "") == 0);
    const std::size_t slots = GENERATE(8, 3);
    const std::size_t piece = GENERATE(1, 32);
    const std::size_t cache = GENERATE(0, 64 << 20);
    Scheduler scheduler(model, {.slots = slots, .piece = piece, .cache_bytes = cache});
    for (int round = 0; round < 2; ++round) {
        Results results(jobs.size());
        run(scheduler, jobs, results);
        CHECK(results.texts == alone);
        CHECK(results.outcomes[1].generated_tokens == 19);
        CHECK(results.tokens[1].size() == 19);
        if (round == 1 && cache > 0) CHECK(results.outcomes[1].cached_tokens == 299);
    }
    const SchedulerStatus status = scheduler.status();
    CHECK(status.ended[static_cast<std::size_t>(FinishReason::length)] == 16);
    CHECK(status.kept_bytes <= cache);
}

TEST_CASE("a greedy text is the one that the engine's own session gives") {
    const Model model = load_model(shipped_model, {.threads = 2});
    const std::vector<int> prompt =
        ChatTemplate(model.tokenizer()).chat(std::vector<ChatMessage>{{ChatMessage::Role::user, "What is 123 + 45?"}});
    GenerationOptions options;
    options.sampling.temperature = 0;
    const Generation expected = Session(model).generate(prompt, options);
    Scheduler scheduler(model, {.slots = 4});
    Job job{.prompt = prompt};
    job.choice.sampling.temperature = 0;
    Results results(4);
    run(scheduler, {job, job, job, job}, results);
    for (const std::string& text : results.texts)
        CHECK(text == expected.text);
    CHECK(results.outcomes[0].reason == FinishReason::stop);
    CHECK(results.outcomes[0].generated_tokens == expected.generated.tokens);
}

TEST_CASE("what prompts begin with is computed once, also by those that come together") {
    const Model model = load_model(tiny_model, {.threads = 2, .batch = 128});
    Scheduler scheduler(model, {.slots = 4, .cache_bytes = 64 << 20});
    std::vector<Job> jobs(4);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        jobs[i].prompt.assign(250, 7);
        jobs[i].prompt.push_back(static_cast<int>(i));
        jobs[i].limit = 4;
    }
    Results results(4);
    run(scheduler, jobs, results);
    std::size_t computed = 0;
    for (const Outcome& outcome : results.outcomes)
        computed += outcome.prompt_tokens - outcome.cached_tokens;
    CHECK(computed == 251 + 3);
}

TEST_CASE("the cache forgets what was used least recently, and never holds more than it may") {
    const Model model = load_model(tiny_model, {.threads = 1});
    const auto snapshot_of = [&](int token, std::size_t length) {
        Session session(model);
        session.append(std::vector<int>(length, token));
        return session.snapshot();
    };
    const Snapshot one = snapshot_of(1, 100);
    const std::size_t bytes = Snapshot::cache_bytes(std::vector{one});
    PrefixCache cache(2 * bytes);
    cache.keep(one);
    cache.keep(snapshot_of(2, 100));
    CHECK(cache.find(std::vector<int>(5, 1)).length == 5);
    cache.keep(snapshot_of(3, 100));
    CHECK(cache.size() == 2);
    CHECK(cache.bytes() == 2 * bytes);
    CHECK(cache.find(std::vector<int>(200, 1)).length == 100);
    CHECK(cache.find(std::vector<int>(5, 2)).snapshot == nullptr);
    CHECK(cache.find(std::vector<int>(5, 3)).length == 5);
    cache.keep(snapshot_of(3, 50));  // is there already
    cache.keep(snapshot_of(3, 120));
    CHECK(cache.size() == 2);
    cache.keep(snapshot_of(4, 500));  // larger than all
    CHECK(cache.bytes() <= 2 * bytes);
}

TEST_CASE("a stop string ends a text in front of it") {
    const Model model = load_model(tiny_model, {.threads = 1});
    Job job{.prompt = {1, 2, 3}, .limit = 40};
    job.choice.sampling.temperature = 0;
    Scheduler scheduler(model, {.slots = 2});
    Results whole(1), stopped(1);
    run(scheduler, {job}, whole);
    REQUIRE(whole.texts[0].size() > 12);
    job.stops = {"never comes", whole.texts[0].substr(8, 3)};
    run(scheduler, {job}, stopped);
    CHECK(stopped.outcomes[0].reason == FinishReason::stop);
    CHECK(stopped.texts[0] == whole.texts[0].substr(0, whole.texts[0].find(job.stops[1])));
}

/// Biases with which a text goes on until it is cut.
std::map<int, float> endlessly(const Tokenizer& tokenizer) {
    std::map<int, float> bias;
    for (int id = 0; id < static_cast<int>(tokenizer.size()); ++id) {
        if (tokenizer.is_stop(id)) bias[id] = -100;
    }
    return bias;
}

TEST_CASE("a full queue takes nothing more, and what is cancelled leaves at once") {
    const Model model = load_model(shipped_model, {.threads = 1});
    Scheduler scheduler(model, {.slots = 1, .queue = 1});
    Results results(2);
    std::vector<Job> jobs(2, Job{.prompt = {1}, .limit = 500});
    for (std::size_t i = 0; i < 2; ++i) {
        jobs[i].choice.bias = endlessly(model.tokenizer());
        results.listen(jobs[i], i);
    }
    CHECK_FALSE(scheduler.submit({jobs[0], jobs[0], jobs[0]}));
    const auto flag = scheduler.submit(jobs);
    REQUIRE(flag);
    const auto begin = std::chrono::steady_clock::now();
    while (scheduler.status().slots[0].state == SlotStatus::State::idle && scheduler.status().steps < 400 &&
           std::chrono::steady_clock::now() - begin < std::chrono::seconds(20)) {
    }
    (*flag)->store(true);
    results.wait();
    CHECK(results.outcomes[1].reason == FinishReason::cancelled);
    CHECK(results.outcomes[1].generated_tokens == 0);
    Results again(1);
    run(scheduler, {Job{.prompt = {1}, .limit = 3}}, again);
    CHECK(again.outcomes[0].generated_tokens <= 3);
}

TEST_CASE("what takes too long ends, and the end of a scheduler ends all") {
    const Model model = load_model(tiny_model, {.threads = 1});
    Results results(3);
    {
        Scheduler scheduler(model, {.slots = 1});
        std::vector<Job> jobs(3, Job{.prompt = {1}});
        for (std::size_t i = 0; i < jobs.size(); ++i)
            results.listen(jobs[i], i);
        jobs[0].deadline = Clock::now();
        jobs[1].limit = jobs[2].limit = 100000;
        REQUIRE(scheduler.submit(jobs));
    }
    results.wait();
    const auto reason = [&](std::size_t i) { return results.outcomes[i].reason; };
    CHECK((reason(0) == FinishReason::timed_out || reason(0) == FinishReason::cancelled));
    CHECK(reason(2) == FinishReason::cancelled);
}

TEST_CASE("a model whose batches are too small is refused") {
    const Model model = load_model(tiny_model, {.threads = 1, .batch = 4});
    CHECK_THROWS_AS(Scheduler(model, {.slots = 4}), std::invalid_argument);
}

TEST_CASE("a callback that throws spoils neither its slot nor other jobs") {
    const Model model = load_model(tiny_model, {.threads = 1, .batch = 128});
    const std::vector<Job> jobs = some_jobs();
    const std::vector<std::string> alone = texts_alone(model, jobs);
    Scheduler scheduler(model, {.slots = 2});
    std::atomic<int> ends = 0;
    Job bad{.prompt = {1, 2, 3}, .limit = 2};
    bad.on_end = [&](const Outcome&) {
        if (++ends == 1) throw std::runtime_error("a callback's own fault");
    };
    REQUIRE(scheduler.submit({bad}));
    Results results(jobs.size());
    run(scheduler, jobs, results);
    CHECK(ends == 1);
    CHECK(results.texts == alone);
}

TEST_CASE("a text by a grammar is one of the grammar's, greedy and drawn, alone and among others") {
    const Model model = load_model(shipped_model, {.threads = 2});
    const auto schema = nlohmann::ordered_json::parse(
        R"({"type": "object", "properties": {"name": {"type": "string", "maxLength": 8}, "age": {"type": "integer"},
            "tags": {"type": "array", "items": {"enum": ["a", "bc"]}, "minItems": 1, "maxItems": 2}},
            "required": ["name", "age", "tags"], "additionalProperties": false})");
    const auto grammar = schema_grammar(schema);
    std::vector<Job> jobs(5, Job{.prompt = model.tokenize("User: Who are you?"), .limit = 300});
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        jobs[i].choice.sampling.temperature = i == 0 ? 0.0F : 1.0F;
        jobs[i].choice.sampling.seed = i;
        jobs[i].choice.sampling.top_k = i == 4 ? 0 : 40;
        jobs[i].choice.grammar = i == 3 ? json_object_grammar() : grammar;
    }
    Scheduler scheduler(model, {.slots = 5});
    Results together(jobs.size());
    run(scheduler, jobs, together);
    for (std::size_t i = 0; i < jobs.size(); ++i) {
        INFO(together.texts[i]);
        Results alone(1);
        run(scheduler, {jobs[i]}, alone);
        CHECK(alone.texts[0] == together.texts[i]);
        if (together.outcomes[i].reason == FinishReason::length) continue;  // it would have gone on
        const auto json = nlohmann::ordered_json::parse(together.texts[i]);
        if (i == 3) continue;
        CHECK(json["name"].get<std::string>().size() <= 8 * 4);
        CHECK(json["age"].is_number_integer());
        CHECK((json["tags"].size() == 1 || json["tags"].size() == 2));
    }
    CHECK(together.outcomes[0].reason == FinishReason::stop);
}

TEST_CASE("a format that can be read in too many ways at once is refused, and holds nobody up") {
    const Model model = load_model(tiny_model, {.threads = 1});
    const Job other{.prompt = {1}, .limit = 20};
    Job job = other;
    job.choice.grammar = json_object_grammar();
    job.choice.sampling.top_k = 0;
    Scheduler scheduler(model, {.slots = 2});
    Results usual(2), refused(2);
    run(scheduler, {job, other}, usual);
    job.choice.most_work = 20;
    run(scheduler, {job, other}, refused);
    CHECK(usual.outcomes[0].reason != FinishReason::refused);
    CHECK(refused.outcomes[0].reason == FinishReason::refused);
    CHECK(refused.outcomes[0].problem ==
          "expected a simpler format, found one that can be read in too many ways at once");
    CHECK(refused.texts[1] == usual.texts[1]);
    CHECK(error_of(refused.outcomes[0]).status() == 400);
}

/// The tiny model as a file whose tokenizer names neither an end of text nor one of a turn.
class ModelWithoutStop {
 public:
    ModelWithoutStop() {
        std::ifstream whole(tiny_model, std::ios::binary);
        std::string bytes{std::istreambuf_iterator<char>(whole), {}};
        // By names of the same lengths.
        for (const auto& [from, to] : {std::pair{"tokenizer.ggml.eos_token_id", "tokenizer.ggml.cls_token_id"},
                                       std::pair{"tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"},
                                       std::pair{"<|eot_id|>", "<|eot_no|>"}}) {
            const std::size_t at = bytes.find(from);
            REQUIRE(at != std::string::npos);
            bytes.replace(at, std::string_view(to).size(), to);
        }
        std::ofstream(path, std::ios::binary) << bytes;
    }
    ~ModelWithoutStop() { std::filesystem::remove(path); }

    const std::string path =
        (std::filesystem::temp_directory_path() / ("ternion-no-stop-" + std::to_string(::getpid()))).string();
};

TEST_CASE("a text by a grammar ends also where the model has no token for that") {
    const ModelWithoutStop file;
    const Model model = load_model(file.path, {.threads = 1});
    REQUIRE(model.tokenizer().eos() < 0);
    REQUIRE(model.tokenizer().end_of_turn() < 0);
    Scheduler scheduler(model, {.slots = 1});
    Job job{.prompt = {1}, .limit = 100};
    job.choice.grammar = schema_grammar(nlohmann::ordered_json::parse(R"({"const": [1]})"));
    Results results(1);
    run(scheduler, {job}, results);
    CHECK(results.outcomes[0].problem == "");
    CHECK(results.outcomes[0].reason == FinishReason::stop);
    CHECK(results.texts[0] == "[1]");
}

}  // namespace
