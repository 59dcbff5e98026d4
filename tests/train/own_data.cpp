#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <map>
#include <set>
#include <train/data/byte_vocabulary.hpp>
#include <train/data/dialogue_file.hpp>
#include <train/data/text_file.hpp>
#include <train/run/loss_log.hpp>

#include "files_fixture.hpp"
#include "train_fixture.hpp"

namespace {

using namespace train;
using namespace train_tests;
using bitnet_tests::TemporaryFolder;
using bitnet_tests::write_text;
using Catch::Matchers::ContainsSubstring;

bitnet::Tokenizer& bytes() {
    static bitnet::Tokenizer made(byte_vocabulary());
    return made;
}

DialogueForm form(std::size_t context = 512) {
    return {bytes(), bitnet::ChatTemplate(bytes()), context};
}

std::vector<Sequence> dialogues(const std::string& lines, std::size_t context = 512) {
    const TemporaryFolder folder;
    write_text(folder / "data.jsonl", lines);
    return read_dialogues(folder / "data.jsonl", form(context));
}

std::string message(const std::string& role, const std::string& content) {
    return R"({"role":")" + role + R"(","content":")" + content + "\"}";
}

std::string text_of(const std::vector<int>& tokens) {
    std::string text;
    for (const int token : tokens)
        text += token < 0 ? "\1" : std::string(bytes().piece(token));
    return text;
}

TEST_CASE("a dialogue is learned by its answers, in the chat template") {
    const std::string line = R"({"messages":[)" + message("system", "Be brief.") + "," + message("user", " Hi ") + "," +
                             message("assistant", "Ho") + "," + message("user", "A") + "," + message("assistant", "B") +
                             "]}";
    const std::vector<Sequence> found = dialogues(line + "\n\n" + line + "\n");
    REQUIRE(found.size() == 2);
    CHECK(found[1].line == 3);
    CHECK(text_of(found[0].tokens) ==
          "<|begin_of_text|>System: Be brief.<|eot_id|>User: Hi<|eot_id|>Assistant: Ho<|eot_id|>User: "
          "A<|eot_id|>Assistant: B");
    std::string wanted = text_of(found[0].targets);
    std::erase(wanted, '\1');
    CHECK(wanted == "Ho<|eot_id|>B<|eot_id|>");
    for (std::size_t i = 0; i + 1 < found[0].tokens.size(); ++i)
        CHECK((found[0].targets[i] == -1 || found[0].targets[i] == found[0].tokens[i + 1]));
}

TEST_CASE("what is no dialogue is refused with its line") {
    const std::string good = R"({"messages":[)" + message("user", "Hi") + "," + message("assistant", "Ho") + "]}\n";
    const auto refused = [&](const std::string& line, const std::string& part) {
        CHECK_THROWS_WITH(dialogues(good + line), ContainsSubstring("data.jsonl, line 2") && ContainsSubstring(part));
    };
    refused("{", "no valid JSON");
    refused("[]", "expected a JSON object, found array");
    refused("{}", "expected \"messages\"");
    refused(R"({"messages":"x"})", "expected a list of messages, found string");
    refused(R"({"messages":[1]})", "messages with \"role\" and \"content\"");
    refused(R"({"messages":[)" + message("robot", "Hi") + "]}", "found \"robot\"");
    refused(R"({"messages":[)" + message("assistant", "Hi") + "]}", "\"user\" as the role of message 1");
    refused(R"({"messages":[)" + message("user", "Hi") + "," + message("assistant", " ") + "]}",
            "expected an answer, found an empty one");
    refused(R"({"messages":[)" + message("user", "Hi") + "]}", "an assistant's message at the end");
    refused(R"({"messages":[{"role":"user","content":3}]})", "content");
    const std::string longer =
        R"({"messages":[)" + message("user", std::string(60, 'x')) + "," + message("assistant", "Ho") + "]}";
    CHECK_THROWS_WITH(dialogues(good + longer, 50),
                      ContainsSubstring("line 2: expected at most 50 tokens, the model's context, found 8"));
    CHECK_THROWS_WITH(dialogues("\n"), ContainsSubstring("expected JSON lines, found none"));
}

TEST_CASE("pairs are two sequences with one prompt") {
    const TemporaryFolder folder;
    const auto pairs = [&](const std::string& line) {
        write_text(folder / "pairs.jsonl", line);
        return read_pairs(folder / "pairs.jsonl", form());
    };
    const std::vector<Sequence> found = pairs(R"({"prompt":"Hi","chosen":"Yes","rejected":"No"})");
    REQUIRE(found.size() == 2);
    CHECK(text_of(found[0].tokens).ends_with("User: Hi<|eot_id|>Assistant: Yes"));
    CHECK(text_of(found[1].tokens).ends_with("User: Hi<|eot_id|>Assistant: No"));
    const std::vector<Sequence> same = pairs(R"({"prompt":[)" + message("user", "Hi") + R"(],"chosen":[)" +
                                             message("assistant", "Yes") + R"(],"rejected":"No"})");
    CHECK(same[0].tokens == found[0].tokens);
    CHECK_THROWS_WITH(pairs(R"({"prompt":"Hi","chosen":"Yes","rejected":""})"), ContainsSubstring("an empty one"));
    CHECK_THROWS_WITH(pairs(R"({"prompt":"Hi","chosen":"Yes"})"), ContainsSubstring("\"rejected\", found no such key"));
}

TEST_CASE("texts are learned token by token, each once") {
    const TemporaryFolder folder;
    const std::string text = "The quick brown fox jumps over the lazy dog.";
    write_text(folder / "a.txt", text);
    write_text(folder / "b.jsonl", "{\"text\":\"Hello\"}\n{\"text\":\"World\"}\n");
    const std::vector<Sequence> found = read_texts({folder / "a.txt", folder / "b.jsonl"}, bytes(), 16);
    std::string learned;
    for (const Sequence& sequence : found) {
        CHECK(sequence.tokens.size() <= 16);
        CHECK(std::ranges::count(sequence.targets, -1) == 0);
        learned += text_of(sequence.targets);
    }
    CHECK(learned == text + "<|end_of_text|>Hello<|end_of_text|>World<|end_of_text|>");
    write_text(folder / "empty", "");
    CHECK_THROWS_WITH(read_texts({folder / "empty"}, bytes(), 16), ContainsSubstring("found an empty one"));
}

std::vector<Sequence> numbered(int count) {
    std::vector<Sequence> sequences;
    for (int i = 0; i < count; ++i) {
        const std::vector<int> tokens(static_cast<std::size_t>(3 + i % 5), i);
        sequences.push_back({tokens, tokens});
    }
    return sequences;
}

TEST_CASE("each epoch learns each sequence once, in an order of its own, and none that is held out") {
    Corpus corpus(numbered(100), {.batch_tokens = 32, .held_out = 0.1});
    std::set<int> held_out;
    for (const HeldOut& some : corpus.held_out(1000))
        for (const Batch& batch : some.batches)
            held_out.insert(batch.tokens.begin(), batch.tokens.end());
    CHECK(held_out.size() == 10);
    std::vector<int> before;
    for (std::size_t epoch = 0; epoch < 3; ++epoch) {
        std::vector<int> order;
        for (std::size_t i = corpus.batches(epoch); i < corpus.batches(epoch + 1); ++i) {
            const Batch batch = corpus.training(i);
            CHECK(batch.tokens.size() <= 32);
            std::size_t at = 0;
            for (const std::size_t length : batch.lengths) {
                order.push_back(batch.tokens[at]);
                CHECK(length == static_cast<std::size_t>(3 + batch.tokens[at] % 5));
                at += length;
            }
        }
        CHECK(std::set<int>(order.begin(), order.end()).size() == 90);
        CHECK(order.size() == 90);
        for (const int one : order)
            CHECK_FALSE(held_out.contains(one));
        CHECK(order != before);
        before = order;
    }
    // Any batch at any time, as a run that is resumed asks for it.
    const std::vector<int> fifth = corpus.training(5).tokens, far = corpus.training(200).tokens;
    CHECK(corpus.training(5).tokens == fifth);
    CHECK(Corpus(numbered(100), {.batch_tokens = 32, .held_out = 0.1}).training(200).tokens == far);
}

TEST_CASE("pairs stay together in batches and in their parts") {
    Corpus corpus(numbered(40), {.batch_tokens = 40, .together = 2});
    std::vector<double> reference(40);
    for (std::size_t i = 0; i < 40; ++i)
        reference[i] = static_cast<double>(i);
    corpus.set_reference(reference);
    for (std::size_t i = 0; i < corpus.batches(1); ++i) {
        std::size_t sequences = 0;
        for (const Batch& part : corpus.training(i).parts(4)) {
            REQUIRE(part.sequences() % 2 == 0);
            for (std::size_t j = 0, at = 0; j < part.sequences(); at += part.lengths[j++]) {
                CHECK(part.reference[j] == part.tokens[at]);
                CHECK(part.tokens[at] % 2 == static_cast<int>(j % 2));
            }
            sequences += part.sequences();
        }
        CHECK(sequences == corpus.training(i).sequences());
    }
}

TEST_CASE("sequences in one batch don't see each other") {
    const Recipe recipe = with_vocabulary(small_recipe());
    ternion::ThreadPool threads(1);
    Network network(recipe);
    network.update(initial_weights(network.layout(), recipe), threads);
    const Batch all = Conversations(tokenizer(), recipe).training(0).part(0, 5);
    Network::State state;
    const Loss together = network.forward(all, state);
    for (std::size_t i = 0; i < all.sequences(); ++i) {
        const Batch one = all.part(i, 1);
        const double alone = network.forward(one, state).sum;
        CHECK(std::fabs(alone - together.of_sequence[i]) < 1e-4 * alone);
    }
}

TEST_CASE("gradients that are added up are those of the batches at once") {
    Recipe recipe = with_vocabulary(small_recipe());
    recipe.steps = 2;
    ternion::ThreadPool threads(2);
    const auto trained = [&](std::size_t rows, std::size_t accumulate) {
        recipe.accumulate = accumulate;
        std::vector<Sequence> sequences;
        const Batch batch = Conversations(tokenizer(), recipe).training(0);
        for (std::size_t i = 0; i < batch.sequences(); ++i)
            sequences.push_back({batch.part(i, 1).tokens, batch.part(i, 1).targets});
        Corpus corpus(sequences, {.batch_tokens = rows * recipe.length});
        REQUIRE(corpus.batches(1) == accumulate);
        Trainer trainer(recipe, corpus, threads);
        return trainer.step();
    };
    const StepReport once = trained(16, 1), twice = trained(8, 2);
    CHECK(std::fabs(once.loss - twice.loss) < 1e-6 * once.loss);
    CHECK(std::fabs(once.gradient_norm - twice.gradient_norm) < 1e-4 * once.gradient_norm);
    CHECK(once.tokens == twice.tokens);
}

TEST_CASE("a loss that is no number is said with the lines that it came from") {
    ternion::ThreadPool threads(1);
    const Recipe recipe = with_vocabulary(small_recipe(Weights::real));
    std::vector<Sequence> sequences = numbered(2);
    for (std::size_t i = 0; i < 2; ++i) {
        sequences[i].file = "data.jsonl";
        sequences[i].line = 7 + i;
    }
    Corpus corpus(sequences, {});
    Trainer trainer(recipe, corpus, threads);
    trainer.state()[0][100] = NAN;
    trainer.restored(0);
    CHECK_THROWS_WITH(trainer.step(), ContainsSubstring("the loss is nan") && ContainsSubstring("in step 1 (") &&
                                          ContainsSubstring("data.jsonl, line 7") &&
                                          ContainsSubstring("data.jsonl, line 8"));
    CHECK(trainer.steps_done() == 0);
}

TEST_CASE("of several batches of a step, the one whose loss is no number is said") {
    ternion::ThreadPool threads(1);
    Recipe recipe = with_vocabulary(small_recipe());
    recipe.accumulate = 3;
    std::vector<Sequence> sequences = numbered(6);
    for (std::size_t i = 0; i < 6; ++i) {
        sequences[i].file = "data.jsonl";
        sequences[i].line = 1 + i / 2;
    }
    for (std::size_t pair = 0; pair < 3; ++pair) {
        Corpus corpus(sequences, {.batch_tokens = 1, .together = 2});
        std::vector<double> reference(6, -1);
        reference[2 * pair] = NAN;
        corpus.set_reference(reference);
        Trainer trainer(recipe, corpus, threads);
        CHECK_THROWS_WITH(trainer.step(),
                          ContainsSubstring("in step 1 (data.jsonl, line " + std::to_string(1 + pair) + "):"));
    }
}

TEST_CASE("a log shows the lowest of rates") {
    const TemporaryFolder folder;
    LossLog log(folder / "log.csv", 0, {});
    log.add({.step = 1, .loss = 0.5, .gradient_norm = 1, .rate = 2e-7, .tokens = 3}, {});
    log.add({.step = 2, .loss = 0.25, .gradient_norm = 1, .rate = 1.5e-9, .tokens = 3}, {});
    log.save();
    CHECK(bitnet_tests::read_text(folder / "log.csv").find("\n1,0.500000,1.0000,2e-07,") != std::string::npos);
    CHECK(bitnet_tests::read_text(folder / "log.csv").find("\n2,0.250000,1.0000,1.5e-09,") != std::string::npos);
    CHECK(read_curve(folder / "log.csv", "log").training ==
          std::vector<std::pair<double, double>>{{1, 0.5}, {2, 0.25}});
}

}  // namespace
