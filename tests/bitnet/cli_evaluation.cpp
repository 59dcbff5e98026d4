#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli_program.hpp"
#include "files_fixture.hpp"
#include "gguf_edit.hpp"
#include "naive_scores.hpp"

// perplexity and score, against a naive computation from what `logits` writes.

namespace {

using namespace bitnet_tests;
using Catch::Approx;
using nlohmann::json;

json perplexity(const std::string& text, std::vector<std::string> more, const std::string& model = golden_gguf) {
    const TemporaryFolder folder;
    write_text(folder / "text", text);
    std::vector<std::string> arguments = {"perplexity",    "-m",        model, "-f",
                                          folder / "text", "--kv-type", "f32", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run(arguments);
    INFO(outcome.err);
    REQUIRE(outcome.status == 0);
    return json::parse(outcome.out);
}

const std::string prose =
    "The return of the nation, and more: in the end there were 1234 things that nobody had wanted to see.\n\n"
    "Some of them were \xc3\xa9l\xc3\xa9gant; others weren't.";

/// Exp of the mean, over windows that slide on: each token counts in the first window that holds it. `front` is 1 where
/// BOS is in front of each window, else 0: then the first token doesn't count.
void check_perplexity(std::size_t context, std::size_t stride, const json& found, std::size_t front = 1) {
    const std::vector<int> text = tokens_of(prose);
    REQUIRE(text.size() > 60);
    double sum = 0, squares = 0;
    std::size_t count = 1 - front;
    for (std::size_t begin = 0; count < text.size(); begin += stride) {
        const std::size_t end = std::min(text.size(), begin + context - front);
        std::vector<int> window(front, bos);
        for (std::size_t i = begin; i < end; ++i)
            window.push_back(text[i]);
        const std::vector<double> each = naive(window);
        for (std::size_t i = front + count - begin; i < each.size(); ++i, ++count) {
            sum -= each[i];
            squares += each[i] * each[i];
        }
    }
    const auto n = static_cast<double>(text.size() - (1 - front));
    const double mean = sum / n, variance = (squares - n * mean * mean) / (n - 1);
    CHECK(found.at("perplexity").get<double>() == Approx(std::exp(mean)).epsilon(1e-5));
    CHECK(found.at("standard_error").get<double>() == Approx(std::exp(mean) * std::sqrt(variance / n)).epsilon(1e-4));
    CHECK(found.at("tokens") == text.size() - (1 - front));
    CHECK(found.at("context") == context);
    CHECK(found.at("stride") == stride);
    CHECK(found.at("bits_per_byte").get<double>() ==
          Approx(sum / std::log(2.0) / static_cast<double>(prose.size())).epsilon(1e-5));
}

TEST_CASE("cli: perplexity is that of a naive computation") {
    check_perplexity(512, 255, perplexity(prose, {}));
    check_perplexity(40, 19, perplexity(prose, {"-c", "40"}));
    check_perplexity(40, 7, perplexity(prose, {"-c", "40", "--stride", "7", "-b", "5"}));
    check_perplexity(31, 30, perplexity(prose, {"-c", "31", "--stride", "30", "-t", "1"}));
}

TEST_CASE("cli: perplexity of a model without BOS is that of a naive computation") {
    const TemporaryFolder folder;
    const std::string model = folder / "no-bos.gguf", key = "tokenizer.ggml.bos_token_id";
    EditableGguf file(read_text(golden_gguf));
    REQUIRE(file.find(key) != nullptr);
    write_text(model, file.erase(key).text());
    check_perplexity(40, 20, perplexity(prose, {"-c", "40"}, model), 0);
    check_perplexity(31, 30, perplexity(prose, {"-c", "31", "--stride", "30"}, model), 0);
    write_text(folder / "text", prose);
    check_refused({"perplexity", "-m", model, "-f", folder / "text", "-c", "40", "--stride", "40"}, 1,
                  {"at most 39 tokens, found 40"});
}

TEST_CASE("cli: perplexity prints one line, and says what it can't measure") {
    const TemporaryFolder folder;
    write_text(folder / "text", prose);
    const Outcome outcome = run({"perplexity", "-m", golden_gguf, "-f", folder / "text"});
    CHECK(outcome.status == 0);
    CHECK(outcome.out.starts_with("perplexity "));
    CHECK(outcome.out.find(" \xc2\xb1 ") != std::string::npos);
    CHECK(run({"perplexity", "-m", golden_gguf, "-f", "-"}, prose).out == outcome.out);
    write_text(folder / "short", "a");
    check_refused({"perplexity", "-m", golden_gguf, "-f", folder / "short"}, 1,
                  {folder / "short", "at least 2 tokens"});
    check_refused({"perplexity", "-m", golden_gguf, "-f", folder / "none"}, 1, {folder / "none", "No such file"});
    check_refused({"perplexity", "-m", golden_gguf, "-f", folder / "text", "-c", "40", "--stride", "40"}, 1,
                  {"at most 39 tokens, found 40"});
    check_refused({"perplexity", "-m", golden_gguf, "-f", folder / "text", "--stride", "0"}, 2, {"--stride"});
    check_refused({"perplexity", "-m", golden_folder, "-f", folder / "text"}, 1, {golden_folder, "tokenizer"});
}

std::vector<json> score(const std::string& lines) {
    const TemporaryFolder folder;
    write_text(folder / "items", lines);
    const Outcome outcome = run({"score", "-m", golden_gguf, "-f", folder / "items", "--kv-type", "f32", "--json"});
    INFO(outcome.err);
    REQUIRE(outcome.status == 0);
    std::istringstream out(outcome.out);
    std::vector<json> objects;
    for (std::string line; std::getline(out, line);)
        objects.push_back(json::parse(line));
    return objects;
}

TEST_CASE("cli: score sums a choice's log-probabilities, as a naive computation does") {
    const std::vector<std::string> choices = {"in the nation", "a", "\xc3\xa9l\xc3\xa9gant"};
    const json item = {{"id", "one"}, {"context", "It was "}, {"choices", choices}, {"answer", 1}};
    const auto found = score(item.dump() + "\n\n" + item.dump() + "\n");
    REQUIRE(found.size() == 3);
    CHECK(found[0] == found[1]);
    CHECK(found[0].at("id") == "one");
    std::vector<double> sums, normalised;
    const std::vector<double> lengths = {13, 1, 7};
    for (std::size_t i = 0; i < 3; ++i) {
        sums.push_back(naive_sum("It was", choices[i]));
        normalised.push_back(sums[i] / lengths[i]);
        CHECK(found[0].at("log_probabilities")[i].get<double>() == Approx(sums[i]).epsilon(1e-5));
        CHECK(found[0].at("normalised")[i].get<double>() == Approx(normalised[i]).epsilon(1e-5));
    }
    const auto best = [](const std::vector<double>& of) { return std::ranges::max_element(of) - of.begin(); };
    CHECK(found[0].at("choice") == best(sums));
    CHECK(found[0].at("choice_normalised") == best(normalised));
    CHECK(found[2].at("items") == 2);
    CHECK(found[2].at("accuracy") == (best(sums) == 1 ? 1 : 0));
    CHECK(found[2].at("accuracy_normalised") == (best(normalised) == 1 ? 1 : 0));
}

TEST_CASE("cli: score reads ARC's and HellaSwag's files") {
    const auto same = [](const json& line, const json& plain) {
        const auto a = score(line.dump()), b = score(plain.dump());
        for (const char* key : {"log_probabilities", "normalised", "answer"})
            CHECK(a[0].at(key) == b[0].at(key));
    };
    const json arc = {{"context", "Question: What is it?\nAnswer:"}, {"choices", {"a cat", "the end"}}, {"answer", 1}};
    same({{"question", "What is it?"},
          {"choices", {{"text", {"a cat", "the end"}}, {"label", {"1", "2"}}}},
          {"answerKey", "2"}},
         arc);
    const json labelled = {{{"text", "a cat"}, {"label", "A"}}, {{"text", "the end"}, {"label", "B"}}};
    same({{"question", {{"stem", "What is it?"}, {"choices", labelled}}}, {"answerKey", "B"}}, arc);
    const json swag = {
        {"context", "Baking: He mixes. Then he stirs it. The dog"}, {"choices", {"barks.", "is here"}}, {"answer", 0}};
    same({{"activity_label", "Baking"},
          {"ctx_a", "He mixes [title] Then he [step] stirs it."},
          {"ctx_b", "the dog"},
          {"endings", {" barks.", "is  [x]here"}},
          {"label", "0"}},
         swag);
}

TEST_CASE("cli: a question that is too long is found before any is scored") {
    const TemporaryFolder folder;
    const json good = {{"context", "x"}, {"choices", {"a", "b"}}, {"answer", 1}};
    const json bad = {{"context", std::string(700, '7')}, {"choices", {"a", "b"}}, {"answer", 1}};
    write_text(folder / "items", good.dump() + "\n" + bad.dump() + "\n");
    check_refused({"score", "-m", golden_gguf, "-f", folder / "items", "--json"}, 1,
                  {folder / "items, line 2: expected at most 512 tokens, found 7"});
}

TEST_CASE("cli: questions that are none are refused with their line") {
    const TemporaryFolder folder;
    const auto refused = [&](const std::string& lines, const std::vector<std::string>& parts) {
        write_text(folder / "items", lines);
        check_refused({"score", "-m", golden_gguf, "-f", folder / "items"}, 1, parts);
    };
    const std::string good = R"({"context":"x","choices":["a","b"],"answer":1})"
                             "\n";
    refused("", {folder / "items", "none"});
    refused(good + "{", {folder / "items, line 2", "JSON"});
    refused(good + "\n[]\n", {"line 3", "expected a JSON object, found array"});
    refused(good + R"({"context":"x","choices":["a","b"],"answer":2})", {"line 2", "an answer among 2 choices"});
    refused(R"({"context":"x","choices":["a",1],"answer":0})", {"texts as choices, found number"});
    refused(R"({"context":"x","choices":["a"," "],"answer":0})", {"an empty one"});
    refused(R"({"choices":["a"],"answer":0})", {"\"context\", found no such key"});
    refused(R"({"context":"x","choices":"ab","answer":0})", {"a list of choices, found string"});
    refused(good + R"({"question":"x","choices":{"text":["a","b"],"label":["A"]},"answerKey":"A"})",
            {"line 2", "a label for each of 2 choices, found 1"});
    refused(R"({"question":"x","choices":["a"],"answerKey":"A"})", {"choices with \"text\" and \"label\""});
    refused(R"({"context":"x","choices":["a"],"answer":"z"})", {"a choice's number in \"answer\", found \"z\""});
}

}  // namespace
