// sft, dpo and run on data from files, as commands.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "cli_program.hpp"
#include "files_fixture.hpp"

namespace {

using namespace bitnet_tests;

const std::string trainer = PROGRAMS_DIR "/bitnet-train";

Outcome train(const std::vector<std::string>& arguments) {
    return run_program(trainer, arguments, "", "");
}

std::vector<std::string> joined(std::vector<std::string> all, const std::vector<std::string>& more) {
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

void check_refused_with(const Outcome& outcome, int status, const std::string& part) {
    INFO(outcome.err);
    CHECK(outcome.status == status);
    CHECK(std::ranges::count(outcome.err, '\n') == 1);
    CHECK(outcome.err.starts_with("bitnet-train: "));
    CHECK(outcome.err.find(part) != std::string::npos);
}

const std::vector<std::string> small_sizes = {"--layers", "1", "--hidden",   "64", "--ffn",      "64",
                                              "--heads",  "2", "--kv-heads", "1",  "--head-dim", "32"};

/// A folder with a model of bytes that has learned nothing yet, and dialogues and pairs that it can learn.
struct Workplace {
    TemporaryFolder folder;
    std::string model = folder / "base/model.gguf", dialogues = folder / "dialogues.jsonl",
                pairs = folder / "pairs.jsonl";

    Workplace() {
        std::string text, lines, choices;
        for (int i = 0; i < 24; ++i) {
            const std::string name(1, static_cast<char>('a' + i));
            text += "The letter " + name + " is no number. ";
            lines += R"({"messages":[{"role":"user","content":"Say )" + name + R"("},{"role":"assistant","content":")" +
                     name + name + "\"}]}\n";
            choices += R"({"prompt":"Say )" + name + R"(","chosen":"yes","rejected":"no"})" + "\n";
        }
        write_text(folder / "text.txt", text);
        write_text(dialogues, lines);
        write_text(pairs, choices);
        const Outcome base = train(joined({"run", "-o", folder / "base", "--text", folder / "text.txt", "--steps", "5",
                                           "--length", "64", "--held-out-share", "0"},
                                          small_sizes));
        INFO(base.err);
        REQUIRE(base.status == 0);
    }
    /// Another model of bytes: its file.
    std::string untrained(const std::string& to, const std::vector<std::string>& more,
                          const std::vector<std::string>& sizes = small_sizes) const {
        const Outcome run = train(joined(
            joined({"run", "-o", folder / to, "--text", folder / "text.txt", "--steps", "1", "--length", "64"}, sizes),
            more));
        INFO(run.err);
        REQUIRE(run.status == 0);
        return folder / (to + "/model.gguf");
    }
    std::vector<std::string> sft(const std::string& to) const {
        return {"sft", "-m", model, "--dialogues", dialogues, "-o", folder / to, "--rows", "2", "-t", "2"};
    }
};

TEST_CASE("cli: a model learns dialogues from a file, and what is held out is told") {
    const Workplace at;
    const Outcome tuned = train(joined(at.sft("tuned"), {"--epochs", "30", "--held-out-share", "0.2", "--masters"}));
    INFO(tuned.err);
    REQUIRE(tuned.status == 0);
    CHECK(tuned.out.find("of 5 held-out questions right") != std::string::npos);
    CHECK(tuned.out.find("held-out loss ") != std::string::npos);
    CHECK(tuned.err.find("tokens/s, ") != std::string::npos);
    CHECK(read_text(at.folder / "tuned/log.csv")
              .starts_with("step,loss,gradient_norm,learning_rate,held_out_loss,dialogues\n"));
    CHECK(run({"chat", "-m", at.folder / "tuned/model.gguf", "-n", "5"}, "Say a\n").status == 0);
    // Where the masters are kept, the next run goes on from them; and the family is another's then.
    const Outcome next =
        train(joined(at.sft("next"), {"-m", at.folder / "tuned/masters.gguf", "--family", "a4.8", "--steps", "2"}));
    CHECK(next.status == 2);  // -m twice
    std::vector<std::string> from_masters = at.sft("next");
    from_masters[2] = at.folder / "tuned/masters.gguf";
    CHECK(train(joined(from_masters, {"--family", "a4.8", "--steps", "2"})).status == 0);
    CHECK(run({"inspect", at.folder / "next/model.gguf"}).out.find("bitlinear.family = \"a4.8\"") != std::string::npos);
}

/// The command once more in a shell that sends it a signal as soon as it has a handler.
Outcome interrupted(const std::vector<std::string>& arguments) {
    std::string command = "set -m; " + shell_quoted(trainer);
    for (const std::string& argument : arguments)
        command += " " + shell_quoted(argument);
    return run_program(
        "/bin/bash",
        {"-c", command + " & pid=$!; until grep -q bitnet-train /proc/$pid/comm && grep -q '^SigCgt:.*[2367abef]$' "
                         "/proc/$pid/status; do sleep 0.02; done; kill -2 $pid; wait $pid"});
}

TEST_CASE("cli: a run on own data that was interrupted goes on to the same bits") {
    const Workplace at;
    const std::vector<std::string> steps = {"--steps", "400", "--accumulate", "2", "--held-out-share", "0.1"};
    REQUIRE(train(joined(at.sft("whole"), steps)).status == 0);
    const Outcome first = interrupted(joined(at.sft("parts"), steps));
    INFO(first.err);
    REQUIRE(first.status == 128 + SIGINT);
    CHECK(first.err.find("interrupted after step ") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(at.folder / "parts/model.gguf"));
    // Activations needn't be kept as they were before.
    REQUIRE(train(joined(joined(at.sft("parts"), steps), {"--recompute"})).status == 0);
    CHECK((read_text(at.folder / "parts/model.gguf") == read_text(at.folder / "whole/model.gguf")));
    CHECK(read_text(at.folder / "parts/log.csv") == read_text(at.folder / "whole/log.csv"));
}

TEST_CASE("cli: a checkpoint of other data, and data that is none, are refused in one line") {
    const Workplace at;
    REQUIRE(train(joined(at.sft("tuned"), {"--steps", "2"})).status == 0);
    const std::string checkpoint = read_text(at.folder / "tuned/checkpoint");
    const std::string good = read_text(at.dialogues);
    const auto refused = [&](const std::string& line, const std::string& part) {
        write_text(at.dialogues, good + line + "\n");
        check_refused_with(train(joined(at.sft("tuned"), {"--steps", "2"})), 1, part);
    };
    refused(R"({"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"y"}]})",
            "checkpoint: expected a run on this data, found one on other data (in another folder a run begins anew)");
    refused("{", "dialogues.jsonl, line 25: no valid JSON at column 2: ");
    refused(R"({"messages":[{"role":"robot","content":"x"}]})", "dialogues.jsonl, line 25: expected a role");
    refused(R"({"messages":[{"role":"user","content":"x"},{"role":"assistant","content":""}]})",
            "dialogues.jsonl, line 25: expected an answer, found an empty one");
    refused(R"({"messages":[{"role":"user","content":")" + std::string(300, 'x') +
                R"("},{"role":"assistant","content":"y"}]})",
            "dialogues.jsonl, line 25: expected at most 256 tokens, the model's context, found 3");
    CHECK((read_text(at.folder / "tuned/checkpoint") == checkpoint));
    write_text(at.dialogues, good);
    check_refused_with(train(joined(at.sft("tuned"), {"--steps", "2", "--rate", "0.5"})), 1, "expected rate = 0.5");
    std::vector<std::string> other = at.sft("other");
    other[2] = TESTS_DIR "/golden/families/llama-tied.gguf";
    check_refused_with(train(other), 1, "expected a model of BitNet's architecture, with squared ReLU, found SiLU");
    check_refused_with(train({"sft", "-m", at.model, "-o", at.folder / "none"}), 2, "--dialogues");
}

TEST_CASE("cli: a checkpoint belongs to the model that its run began with") {
    const Workplace at;
    std::vector<std::string> run = joined(at.sft("tuned"), {"--steps", "2"});
    REQUIRE(train(run).status == 0);
    run[2] = at.untrained("other", {"--seed", "2"});
    check_refused_with(train(run), 1,
                       "checkpoint: expected a run with this model, tokenizer and reference, found one with others");
    std::vector<std::string> dpo = {"dpo",     "-m", at.model, "--pairs", at.pairs, "-o", at.folder / "dpo",
                                    "--steps", "2"};
    REQUIRE(train(dpo).status == 0);
    dpo = joined(dpo, {"--reference", run[2]});
    check_refused_with(train(dpo), 1,
                       "checkpoint: expected a run with this model, tokenizer and reference, found one with others");
    // As many weights, in other heads: the network that is trained would read them in its own way.
    dpo.back() = at.untrained(
        "heads", {},
        {"--layers", "1", "--hidden", "64", "--ffn", "64", "--heads", "4", "--kv-heads", "2", "--head-dim", "16"});
    check_refused_with(train(dpo), 1, "heads/model.gguf: expected heads = 2, as in this run, found 4");
    dpo.back() = at.untrained("v2", {"--family", "v2"});
    check_refused_with(train(dpo), 1, "v2/model.gguf: expected family = b1.58, as in this run, found v2");
}

TEST_CASE("cli: the family that is asked for is the one that is trained, whatever the model's is") {
    const Workplace at;
    std::vector<std::string> run = at.sft("back");
    run[2] = at.untrained("a4.8", {"--family", "a4.8"});
    const std::string family = "bitlinear.family = \"a4.8\"";
    CHECK(bitnet_tests::run({"inspect", run[2]}).out.find(family) != std::string::npos);
    REQUIRE(train(joined(run, {"--family", "b1.58", "--steps", "1"})).status == 0);
    CHECK(bitnet_tests::run({"inspect", at.folder / "back/model.gguf"}).out.find("a4.8") == std::string::npos);
    check_refused_with(train(joined(run, {"--family", "v1", "--weights", "ternary"})), 1,
                       "--weights: expected binary or real, as family v1 has signs, found ternary");
}

TEST_CASE("cli: options that would have no effect are refused") {
    const Workplace at;
    const std::vector<std::string> run = joined({"run", "-o", at.folder / "run"}, small_sizes);
    for (const std::vector<std::string>& option :
         {std::vector<std::string>{"--epochs", "2"}, {"--held-out", at.pairs}, {"--held-out-share", "0.1"}})
        check_refused_with(train(joined(run, option)), 2, option[0] + " requires --text or --dialogues");
    check_refused_with(train(joined(run, {"--chat-template", "bitnet"})), 2, "--chat-template requires --dialogues");
    const std::string text = at.folder / "text.txt";
    const std::vector<std::string> two = joined(run, {"--text", text, "--second-text", text});
    check_refused_with(train(joined(two, {"--epochs", "2"})), 2, "--second-text excludes --epochs");
    for (const char* share : {"0", "1"})
        check_refused_with(train(joined(two, {"--first-stage", share, "--steps", "6"})), 1,
                           "--first-stage: expected steps for the data of both stages");
}

TEST_CASE("cli: preferences are learned from pairs, against the model as it was") {
    const Workplace at;
    const std::vector<std::string> dpo = {
        "dpo",    "-m",   at.model,           "--pairs", at.pairs, "-o", at.folder / "dpo",
        "--rate", "1e-3", "--held-out-share", "0.2"};
    const Outcome tuned = train(joined(dpo, {"--epochs", "8"}));
    INFO(tuned.err);
    REQUIRE(tuned.status == 0);
    CHECK(tuned.out.find("5 of 5 held-out preferred as they should be") != std::string::npos);
    // The first loss is that of a model that is its own reference: log 2.
    const std::string log = read_text(at.folder / "dpo/log.csv");
    CHECK(log.find("\n1,0.693147,") != std::string::npos);
    const std::string before = read_text(at.folder / "dpo/model.gguf");
    REQUIRE(train(joined(dpo, {"--epochs", "8"})).out == tuned.out);
    CHECK((read_text(at.folder / "dpo/model.gguf") == before));
    write_text(at.pairs, R"({"prompt":"x","chosen":"y"})");
    check_refused_with(train(joined(dpo, {})), 1, "pairs.jsonl, line 1: expected \"rejected\", found no such key");
}

TEST_CASE("cli: the second stage may have data of its own, and a tokenizer may be a model's") {
    const Workplace at;
    write_text(at.folder / "second.txt", std::string(400, 'z'));
    const std::vector<std::string> run =
        joined({"run", "-o", at.folder / "two", "--text", at.folder / "text.txt", "--second-text",
                at.folder / "second.txt", "--tokenizer", TESTS_DIR "/../examples/models/small.gguf", "--steps", "6",
                "--length", "64", "--rows", "4", "--held-out", at.folder / "second.txt"},
               small_sizes);
    const Outcome outcome = train(run);
    INFO(outcome.err);
    REQUIRE(outcome.status == 0);
    CHECK(outcome.out.find("held-out loss ") != std::string::npos);
    // Of texts nobody asks whether they were right, and they make no model that chats.
    CHECK(outcome.err.find("right") == std::string::npos);
    CHECK(outcome.out.find("bitnet-2b4t complete -m " + at.folder / "two/model.gguf") != std::string::npos);
    check_refused_with(train(joined(run, {"--first-stage", "0.9"})), 1, "expected first_stage = 0.9, found 0.5");
}

}  // namespace
