// score, on small samples in the forms of published benchmarks: prompts and figures against naive sums.
#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli_program.hpp"
#include "files_fixture.hpp"
#include "naive_scores.hpp"

namespace {

using namespace bitnet_tests;
using Catch::Approx;
using nlohmann::json;
using Strings = std::vector<std::string>;

std::vector<json> score(const std::string& text, const Strings& more = {}, const std::string& name = "items.jsonl",
                        const std::string& second = "") {
    const TemporaryFolder folder;
    write_text(folder / name, text);
    write_text(folder / "second", second);
    Strings arguments = {"score", "-m", golden_gguf, "-f", folder / name, "--kv-type", "f32", "--json"};
    for (const std::string& one : more)
        arguments.push_back(one == "SECOND" ? folder / "second" : one);
    const Outcome outcome = run(arguments);
    INFO(outcome.err);
    REQUIRE(outcome.status == 0);
    std::istringstream out(outcome.out);
    std::vector<json> objects;
    for (std::string line; std::getline(out, line);)
        objects.push_back(json::parse(line));
    return objects;
}

std::size_t best(const std::vector<double>& of) {
    return static_cast<std::size_t>(std::ranges::max_element(of) - of.begin());
}

/// A question of `task` has these contexts (one, or one for each choice), choices and answer.
void check_item(const json& found, const std::string& task, const Strings& contexts, const Strings& choices,
                std::size_t answer) {
    CHECK(found.at("task") == task);
    CHECK(found.at("answer") == answer);
    REQUIRE(found.at("log_probabilities").size() == choices.size());
    std::vector<double> sums, normalised;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        CAPTURE(task, i);
        sums.push_back(naive_sum(contexts[contexts.size() == 1 ? 0 : i], choices[i]));
        normalised.push_back(sums[i] / static_cast<double>(choices[i].size()));
        CHECK(found.at("log_probabilities")[i].get<double>() == Approx(sums[i]).epsilon(1e-5));
        CHECK(found.at("normalised")[i].get<double>() == Approx(normalised[i]).epsilon(1e-5));
    }
    CHECK(found.at("choice") == best(sums));
    CHECK(found.at("choice_normalised") == best(normalised));
}

void check_file(const std::string& lines, const std::string& task, const Strings& contexts, const Strings& choices,
                std::size_t answer, const Strings& more = {}) {
    const auto found = score(lines, more);
    REQUIRE(found.size() == 2);
    check_item(found[0], task, contexts, choices, answer);
    const bool right = found[0].at("choice") == answer, right_normalised = found[0].at("choice_normalised") == answer;
    CHECK(found[1].at("items") == 1);
    CHECK(found[1].at("accuracy") == (right ? 1 : 0));
    CHECK(found[1].at("accuracy_normalised") == (right_normalised ? 1 : 0));
}

TEST_CASE("cli: each benchmark's questions become the prompts that evaluation harnesses use") {
    check_file(R"({"goal":"Cool soup","sol1":"Wait.","sol2":"Boil it.","label":0})", "PIQA",
               {"Question: Cool soup\nAnswer:"}, {"Wait.", "Boil it."}, 0);
    check_file(
        R"({"qID":"x","sentence":"The cup is in the bag, so _ is full.","option1":"the cup","option2":"the bag","answer":"2"})",
        "WinoGrande", {"The cup is in the bag, so the cup", "The cup is in the bag, so the bag"},
        {"is full.", "is full."}, 1);
    const Strings no_yes = {"no", "yes"};
    check_file(R"({"question":"is it so","title":"It","passage":"It is so.","answer":true})", "BoolQ",
               {"It is so.\nQuestion: is it so?\nAnswer:"}, no_yes, 1);
    check_file(R"({"question":"is it so","passage":"It is so.","idx":3,"label":0})", "BoolQ",
               {"It is so.\nQuestion: is it so?\nAnswer:"}, no_yes, 0);
    check_file(
        R"({"id":"7","question_stem":"The sun is","choices":{"text":["a star","a cat"],"label":["A","B"]},"answerKey":"A"})",
        "OpenbookQA", {"The sun is"}, {"a star", "a cat"}, 0);
    const std::string open =
        R"({"id":"7","question":{"stem":"The sun is","choices":[{"text":"a star","label":"A"},{"text":"a cat","label":"B"}]},"answerKey":"B"})";
    check_file(open, "OpenbookQA", {"The sun is"}, {"a star", "a cat"}, 1, {"--task", "openbookqa"});
    check_file(open, "ARC", {"Question: The sun is\nAnswer:"}, {"a star", "a cat"}, 1);
    check_file(
        R"({"answerKey":"B","id":"9","question":{"question_concept":"cat","stem":"Who?","choices":[{"label":"A","text":"a dog"},{"label":"B","text":"a cat"}]}})",
        "CommonsenseQA", {"Question: Who?\nA. a dog\nB. a cat\nAnswer:"}, {"A", "B"}, 1);
    check_file(
        R"({"id":"9","question":"Who?","question_concept":"cat","choices":{"label":["A","B"],"text":["a dog","a cat"]},"answerKey":"A"})",
        "CommonsenseQA", {"Question: Who?\nA. a dog\nB. a cat\nAnswer:"}, {"A", "B"}, 0);
    const std::string about = "The following are multiple choice questions (with answers) about world history.\n\n";
    check_file(R"({"question":"When?","subject":"world_history","choices":["now","then","soon","late"],"answer":3})",
               "MMLU", {about + "When?\nA. now\nB. then\nC. soon\nD. late\nAnswer:"}, {"A", "B", "C", "D"}, 3);
}

TEST_CASE("cli: texts keep the white space that harnesses leave around them") {
    // Of a context that ends with a space, that space belongs to each choice.
    const auto open = score(
        R"({"question_stem":"The sun is ","choices":{"text":[" a star","a cat"],"label":["A","B"]},"answerKey":"A"})");
    const std::vector<double> sums = open[0].at("log_probabilities"), normalised = open[0].at("normalised");
    CHECK(sums[0] == Approx(naive_sum("The sun is", "  a star")).epsilon(1e-5));
    CHECK(sums[1] == Approx(naive_sum("The sun is", " a cat")).epsilon(1e-5));
    CHECK(normalised[0] == Approx(sums[0] / 7));
    const auto swag = score(R"({"ctx_a":"He mixes","ctx_b":"","endings":["[x] it.","all   of it."],"label":0})");
    CHECK(swag[0].at("log_probabilities")[0].get<double>() == Approx(naive_sum("He mixes", " it.")).epsilon(1e-5));
    CHECK(swag[0].at("log_probabilities")[1].get<double>() ==
          Approx(naive_sum("He mixes", "all  of it.")).epsilon(1e-5));
    CHECK(swag[0].at("normalised")[0].get<double>() == Approx(naive_sum("He mixes", " it.") / 4).epsilon(1e-5));
}

TEST_CASE("cli: ARC's two sets are told by their files' names, and have a row each") {
    const std::string line = R"({"question":"Who?","choices":{"text":["a","b"],"label":["A","B"]},"answerKey":"A"})";
    const TemporaryFolder folder;
    std::vector<std::string> arguments = {"score", "-m", golden_gguf, "-f"};
    for (const char* name : {"ARC-Easy-Test.jsonl", "ARC-Challenge-Test.jsonl"}) {
        write_text(folder / name, line);
        arguments.push_back(folder / name);
    }
    const Outcome outcome = run(arguments);
    INFO(outcome.out);
    for (const char* row : {"\nARC-Easy         accuracy  ", "\nARC-Challenge    accuracy  "})
        CHECK(outcome.out.find(row) != std::string::npos);
}

TEST_CASE("cli: MMLU's CSV files, labels in a file of their own, and lists in one JSON file") {
    const auto csv = score("\"Who, \"\"he\"\"?\",a,b,\"c\nd\",e,C\nWhat?,1,2,3,4,A\n", {}, "world_history_test.csv");
    REQUIRE(csv.size() == 3);
    const std::string about = "The following are multiple choice questions (with answers) about world history.\n\n";
    check_item(csv[0], "MMLU", {about + "Who, \"he\"?\nA. a\nB. b\nC. c\nd\nD. e\nAnswer:"}, {"A", "B", "C", "D"}, 2);
    CHECK(csv[2].at("items") == 2);
    const std::string goals =
        "{\"goal\":\"x\",\"sol1\":\"a\",\"sol2\":\"b\"}\n{\"goal\":\"y\",\"sol1\":\"a\",\"sol2\":\"b\"}\n";
    const auto labelled = score(goals, {"--labels", "SECOND"}, "valid.jsonl", "1\n0\n");
    CHECK(labelled[0].at("answer") == 1);
    CHECK(labelled[1].at("answer") == 0);
    const json list = json::array({{{"context", "x"}, {"choices", {"a", "b"}}, {"answer", 1}},
                                   {{"context", "y"}, {"choices", {"a", "b"}}, {"answer", 0}}});
    CHECK(score(list.dump(2)).size() == 3);
}

TEST_CASE("cli: TruthfulQA has two figures") {
    const std::string line = R"({"question":"Why?","mc1_targets":{"choices":["So.","No."],"labels":[1,0]},)"
                             R"("mc2_targets":{"choices":["So.","No.","Because."],"labels":[1,0,1]}})";
    const auto found = score(line);
    REQUIRE(found.size() == 4);
    const Strings context = {"Q: Why?\nA:"};
    check_item(found[0], "TruthfulQA MC1", context, {"So.", "No."}, 0);
    check_item(found[1], "TruthfulQA MC2", context, {"So.", "No.", "Because."}, 0);
    std::vector<double> p;
    for (const char* choice : {"So.", "No.", "Because."})
        p.push_back(std::exp(naive_sum(context[0], choice)));
    CHECK(found[3].at("mass").get<double>() == Approx((p[0] + p[2]) / (p[0] + p[1] + p[2])).epsilon(1e-4));
    // As first published, with labels beside the choices.
    const auto other = score(R"({"question":"Why?","mc1_targets":{"No.":0,"So.":1}})");
    check_item(other[0], "TruthfulQA MC1", context, {"No.", "So."}, 1);
}

TEST_CASE("cli: examples stand in front of a question, but not itself, and a preamble in front of them") {
    const std::string a = R"({"goal":"A","sol1":"x","sol2":"y","label":1})",
                      b = R"({"goal":"B","sol1":"z","sol2":"w","label":0})";
    const std::string shown_a = "Question: A\nAnswer: y\n\n", shown_b = "Question: B\nAnswer: z\n\n";
    const auto own = score(a + "\n" + b + "\n", {"--few-shot", "1"});
    check_item(own[0], "PIQA", {shown_b + "Question: A\nAnswer:"}, {"x", "y"}, 1);
    check_item(own[1], "PIQA", {shown_a + "Question: B\nAnswer:"}, {"z", "w"}, 0);
    CHECK(own[2].at("few_shot") == 1);
    const auto other = score(a, {"--few-shot", "2", "--few-shot-file", "SECOND"}, "items.jsonl", a + "\n" + b);
    check_item(other[0], "PIQA", {shown_a + shown_b + "Question: A\nAnswer:"}, {"x", "y"}, 1);
    const auto front = score(a, {"--preamble", "SECOND"}, "items.jsonl", "Be right.\n");
    check_item(front[0], "PIQA", {"Be right.\n\nQuestion: A\nAnswer:"}, {"x", "y"}, 1);
    const TemporaryFolder folder;
    write_text(folder / "items", a);
    check_refused({"score", "-m", golden_gguf, "-f", folder / "items", "--few-shot", "1"}, 1,
                  {"--few-shot: expected 1 examples of PIQA", "found 0"});
}

TEST_CASE("cli: a chat asks as a user and scores the answer's tokens alone") {
    const auto found =
        score(R"({"goal":"A","sol1":"x","sol2":"yes it","label":1})", {"--chat", "--chat-template", "bitnet"});
    const std::string turn = "User: Question: A\nAnswer:";
    std::vector<int> prompt = tokens_of(turn);
    prompt.insert(prompt.begin(), bos);
    const Outcome end = run({"tokenize", "-m", golden_gguf, "--no-bos"}, "<|eot_id|>");
    prompt.push_back(std::stoi(end.out));
    for (const int id : tokens_of("Assistant: "))
        prompt.push_back(id);
    const Strings choices = {"x", "yes it"};
    for (std::size_t i = 0; i < 2; ++i) {
        std::vector<int> all = prompt;
        for (const int id : tokens_of(choices[i]))
            all.push_back(id);
        CHECK(found[0].at("log_probabilities")[i].get<double>() == Approx(naive_sum(all, prompt.size())).epsilon(1e-5));
    }
}

TEST_CASE("cli: several files make one table, with each benchmark's own figure marked") {
    const TemporaryFolder folder;
    write_text(folder / "piqa", R"({"goal":"A","sol1":"x","sol2":"y","label":1})");
    write_text(folder / "boolq", R"({"question":"is it so","passage":"It is.","answer":true})");
    const Outcome outcome = run({"score", "-m", golden_gguf, "-f", folder / "piqa", "-f", folder / "boolq"});
    INFO(outcome.out);
    REQUIRE(outcome.status == 0);
    std::istringstream lines(outcome.out);
    std::vector<std::string> marked;
    for (std::string line; std::getline(lines, line);)
        if (line.ends_with(" *")) marked.push_back(line.substr(0, 45));
    REQUIRE(marked.size() == 2);
    CHECK(marked[0].starts_with("PIQA             accuracy, length-normalised"));
    CHECK(marked[1].starts_with("BoolQ            accuracy      "));
}

/// What the golden model says greedily.
std::string continued(const std::string& prompt, const std::string& tokens) {
    const Outcome outcome = run({"complete", "-m", golden_gguf, "-p", prompt, "-n", tokens, "--temp", "0",
                                 "--no-parse-special", "--kv-type", "f32", "--json"});
    INFO(outcome.err);
    REQUIRE(outcome.status == 0);
    return json::parse(outcome.out).at("text");
}

TEST_CASE("cli: generated answers are compared by what a pattern takes of them") {
    const std::string text = continued("The answer is", "8");
    REQUIRE(text.size() > 3);
    // Its first letters: what follows may be no UTF-8.
    const std::string letters = text.substr(0, text.find_first_not_of("abcdefghijklmnopqrstuvwxyz"));
    REQUIRE_FALSE(letters.empty());
    json item = {{"prompt", "The answer is"}, {"answers", {"no such thing", letters}}};
    const Strings generate = {"--generate", "-n", "8", "--until", "no such text", "--pattern", "^[a-z]+"};
    const auto found = score(item.dump(), generate);
    REQUIRE(found.size() == 2);
    CHECK(found[0].at("text") == text);
    CHECK(found[0].at("right") == true);
    CHECK(found[1].at("exact_match") == 1);
    item["answers"] = {"something else"};
    CHECK(score(item.dump(), generate)[1].at("exact_match") == 0);
    // A text that ends the answer, and a pattern whose group is the answer.
    const std::string stop = text.substr(2, 1);
    CHECK(score(item.dump(), {"--generate", "-n", "8", "--until", stop})[0].at("text") ==
          text.substr(0, text.find(stop)));
    const auto with_pattern =
        score(item.dump(), {"--generate", "-n", "8", "--until", "no such text", "--pattern", R"(^[\s\S]([\s\S]))"});
    CHECK(with_pattern[0].at("answer") == text.substr(1, 1));
    CHECK(score(item.dump(), {"--generate", "-n", "4", "--pattern", "#### (x)"})[0].at("answer") == "");
}

TEST_CASE("cli: a pattern needs no more stack for a longer answer, and one that is never done is refused") {
    const TemporaryFolder folder;
    write_text(folder / "items", json{{"prompt", "The answer is"}, {"answers", {"no such thing"}}}.dump());
    const auto with = [&](const std::string& pattern) {
#ifdef __SANITIZE_ADDRESS__
        const std::string kilobytes = "4096";  // instrumented kernels take more than others
#else
        const std::string kilobytes = "256";
#endif
        const std::string line = "ulimit -s " + kilobytes + "; exec " + shell_quoted(chat_program) + " score -m " +
                                 shell_quoted(golden_gguf) + " -f " + shell_quoted(folder / "items") +
                                 " --generate -n 480 --until 'no such text' -t 1 --json --pattern " +
                                 shell_quoted(pattern);
        return run_program("/bin/bash", {"-c", line});
    };
    const Outcome all = with(R"(^((?:.|\s)*))");
    INFO(all.err);
    REQUIRE(all.status == 0);
    const json found = json::parse(all.out.substr(0, all.out.find('\n')));
    CHECK(found.at("text").get<std::string>().size() > 500);
    CHECK(found.at("answer") == found.at("text"));
    const Outcome endless = with(R"((?:(?:.|\s)*)*(?:(?:.|\s)*)*[^\s\S])");
    CHECK(endless.status == 1);
    CHECK(endless.err.find("expected a regular expression that is soon found or not") != std::string::npos);
    CHECK(std::ranges::count(endless.err, '\n') == 1);
}

TEST_CASE("cli: options of score that would have no effect are refused") {
    const auto refused = [](const Strings& more, const std::string& part) {
        Strings arguments = {"score", "-m", golden_gguf, "-f", "items"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        check_refused(arguments, 2, {part});
    };
    refused({"--pattern", "x"}, "--pattern requires --generate");
    refused({"--until", "x"}, "--until requires --generate");
    refused({"-n", "3"}, "--predict requires --generate");
    refused({"--generate", "--task", "arc"}, "--generate excludes --task");
    refused({"--generate", "--labels", "file"}, "--generate excludes --labels");
    refused({"--few-shot-file", "file"}, "--few-shot-file requires --few-shot");
}

TEST_CASE("cli: GSM8K's and TriviaQA's files are read, and others refused with their line") {
    const auto gsm = score(R"({"question":"1 + 1?","answer":"It is 2.\n#### 1,002"})", {"--generate", "-n", "2"});
    CHECK(gsm[1].at("task") == "GSM8K");
    const auto trivia = score(R"({"question":"Who","question_id":"q1","answer":{"value":"He","aliases":["He","Him"]}})",
                              {"--generate", "-n", "2"});
    CHECK(trivia[0].at("id") == "q1");
    CHECK(trivia[1].at("task") == "TriviaQA");
    const auto published =
        score(R"({"Data":[{"Question":"Who","QuestionId":"q1","Answer":{"Value":"He","Aliases":["He"]}}]})",
              {"--generate", "-n", "2"});
    CHECK(published[0] == trivia[0]);
    // An example's answer is the first of those that count.
    const std::string who = R"({"question":"Who","answer":{"value":"He","aliases":["Him","He"]}})";
    const Strings brief = {"--generate", "-n", "6", "--until", "no such text", "--few-shot", "1"};
    const auto shown = score(who + "\n" + who, brief);
    const json plain = {{"prompt", "Question: Who?\nAnswer: Him\n\nQuestion: Who?\nAnswer:"}, {"answers", {"x"}}};
    CHECK(shown[0].at("text") == score(plain.dump(), Strings(brief.begin(), brief.end() - 2))[0].at("text"));
    const TemporaryFolder folder;
    const auto refused = [&](const std::string& line, const std::string& part, const Strings& more) {
        write_text(folder / "items", line);
        Strings arguments = {"score", "-m", golden_gguf, "-f", folder / "items"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        check_refused(arguments, 1, {part});
    };
    refused(R"({"question":"x","answer":"2"})", "line 1: expected the result behind ####", {"--generate"});
    refused(R"({"goal":"A","sol1":"x","sol2":"y"})", "line 1: expected a question without choices, found one with",
            {"--generate"});
    for (const char* open : {R"({"question":"x","answer":"y\n#### 2"})", R"({"prompt":"x","answers":["y"]})",
                             R"({"question":"x","answer":{"value":"y","aliases":["y"]}})"})
        refused(open, "line 1: expected a question with choices, found one without, which --generate is for", {});
    refused(R"({"prompt":"x","answers":[]})", "line 1: expected a list of answers", {"--generate"});
    refused(R"({"sentence":"no gap","option1":"a","option2":"b","answer":"1"})", "line 1: expected a gap", {});
    refused(R"({"sentence":"a _ b","option1":"a","option2":"b","answer":"0"})", "an answer among 2 choices", {});
    refused(R"({"question":"x","mc1_targets":3})", "expected an object in \"mc1_targets\"", {});
    refused(R"({"goal":"A","sol1":"x","sol2":"y"})", "\"label\", found no such key", {});
    write_text(folder / "bad.csv", "a,b\n");
    check_refused({"score", "-m", golden_gguf, "-f", folder / "bad.csv"}, 1,
                  {"record 1: expected a question, four choices and an answer, found 2"});
    check_refused({"score", "-m", golden_gguf, "-f", folder / "items", "--generate", "--pattern", "("}, 2,
                  {"expected a regular expression"});
}

}  // namespace
