#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "cli_program.hpp"
#include "files_fixture.hpp"

namespace {

using namespace bitnet_tests;

const std::string trainer = PROGRAMS_DIR "/bitnet-train";

Outcome train(std::vector<std::string> arguments, const std::string& redirection = "") {
    return run_program(trainer, arguments, "", redirection);
}

/// A model that trains in no time, in this folder.
std::vector<std::string> small_run(const std::string& folder, const std::string& steps) {
    return {"run",   "-o", folder,    "--steps", steps,        "--layers", "1",          "--hidden", "64",
            "--ffn", "64", "--heads", "2",       "--kv-heads", "1",        "--head-dim", "32"};
}

/// A long run that gets a signal as soon as it has a handler for it, after some other shell commands.
Outcome interrupted(const std::string& folder, int signal = SIGINT, const std::string& before = "") {
    std::string command = "set -m; " + before + shell_quoted(trainer);
    for (const std::string& argument : small_run(folder, "1000000"))
        command += " " + shell_quoted(argument);
    const std::string wait =
        " & pid=$!; until grep -q bitnet-train /proc/$pid/comm && grep -q '^SigCgt:.*[2367abef]$' /proc/$pid/status; "
        "do sleep 0.05; done; kill -" +
        std::to_string(signal) + " $pid; wait $pid";
    return run_program("/bin/bash", {"-c", command + wait});
}

void check_refused_with(const Outcome& outcome, int status, const std::string& part) {
    INFO(outcome.err);
    CHECK(outcome.status == status);
    CHECK(outcome.out.empty());
    CHECK(std::ranges::count(outcome.err, '\n') == 1);
    CHECK(outcome.err.starts_with("bitnet-train: "));
    CHECK(outcome.err.find(part) != std::string::npos);
}

TEST_CASE("cli: a run leaves a checkpoint, a log, a chart and a model that bitnet-2b4t loads") {
    const TemporaryFolder folder;
    const Outcome run = train(small_run(folder / "run", "60"));
    INFO(run.err);
    REQUIRE(run.status == 0);
    CHECK(run.out.find("addition") != std::string::npos);
    CHECK(run.err.find(" million weights, about ") != std::string::npos);
    CHECK(
        read_text(folder / "run/log.csv").starts_with("step,loss,gradient_norm,learning_rate,held_out_loss,addition"));
    CHECK(read_text(folder / "run/loss.svg").ends_with("</svg>\n"));
    const Outcome chat = bitnet_tests::run({"chat", "-m", folder / "run/model.gguf", "-n", "5"}, "What is 1 + 1?\n");
    CHECK(chat.status == 0);

    // Once more: there is nothing left to do, and nothing changes.
    const std::string log = read_text(folder / "run/log.csv");
    CHECK(train(small_run(folder / "run", "60")).out == run.out);
    CHECK(read_text(folder / "run/log.csv") == log);
    check_refused_with(train(small_run(folder / "run", "80")), 1, "expected steps = 80, found 60");
    std::vector<std::string> faster = small_run(folder / "run", "60");
    faster.insert(faster.end(), {"--rate", "0.1"});
    check_refused_with(train(faster), 1, "checkpoint: expected rate = 0.1, found 0.003");

    CHECK(train({"curve", folder / "run/log.csv", "-o", folder / "two.svg"}).status == 0);
    CHECK(read_text(folder / "two.svg").find("<polyline") != std::string::npos);
    check_refused_with(train({"curve", folder / "run/log.csv", "-o", folder / "run/log.csv"}), 1,
                       "log.csv: expected another file for the output, found the input itself");
    CHECK(read_text(folder / "run/log.csv") == log);
    check_refused_with(train({"curve", folder / "run/loss.svg", "-o", folder / "three.svg"}), 1,
                       "expected a training log");
}

TEST_CASE("cli: a signal saves the run, and the same command goes on") {
    const TemporaryFolder folder;
    const std::string start = "interrupted after step ";
    int last = 0;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        const Outcome run = interrupted(folder / "run", signal);
        INFO(run.err);
        CHECK(run.status == 128 + signal);
        const std::size_t at = run.err.find(start);
        REQUIRE(at != std::string::npos);
        const int step = std::stoi(run.err.substr(at + start.size()));
        CHECK(step > last);
        CHECK(run.err.find("the same command goes on from there") != std::string::npos);
        CHECK(std::filesystem::exists(folder / "run/checkpoint"));
        last = step;
    }
}

TEST_CASE("cli: a full disk is said, and the checkpoint before stays whole") {
    const TemporaryFolder folder;
    REQUIRE(interrupted(folder / "run").status == 128 + SIGINT);
    const std::string before = read_text(folder / "run/checkpoint");
    // Files of more than 100 kB can't be written, as on a full disk.
    const Outcome full = interrupted(folder / "run", SIGINT, "trap '' XFSZ; ulimit -f 100; ");
    INFO(full.err);
    CHECK(full.status == 1);
    CHECK(full.err.find("cannot be written") != std::string::npos);
    CHECK((read_text(folder / "run/checkpoint") == before));
}

TEST_CASE("cli: where the last checkpoint doesn't fit, the model is written all the same") {
    const TemporaryFolder folder;
    std::string command = "trap '' XFSZ; ulimit -f 250; " + shell_quoted(trainer);
    for (const std::string& argument : small_run(folder / "run", "2"))
        command += " " + shell_quoted(argument);
    const Outcome run = run_program("/bin/bash", {"-c", command});
    INFO(run.err);
    CHECK(run.status == 0);
    CHECK(run.err.find("\n\n") == std::string::npos);
    CHECK(run.err.find("run/checkpoint: cannot be written: File too large; the run goes on") != std::string::npos);
    CHECK(run.out.find("The model is in ") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(folder / "run/checkpoint"));
    CHECK(std::filesystem::exists(folder / "run/model.gguf"));
}

TEST_CASE("cli: a folder is for one run at a time") {
    const TemporaryFolder folder;
    const int held = ::open((folder / "").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    REQUIRE(::flock(held, LOCK_EX) == 0);
    check_refused_with(train(small_run(folder / "", "1")), 1, "expected a folder that no other run is using");
    CHECK(folder.entries() == 0);
    ::close(held);
    CHECK(train(small_run(folder / "", "1")).status == 0);
}

TEST_CASE("cli: each command explains itself, and there is a version") {
    for (const std::string command : {"run", "sft", "dpo", "questions", "curve"}) {
        const Outcome help = train({command, "--help"});
        CHECK(help.status == 0);
        CHECK(help.out.find("bitnet-train " + command, help.out.find("Example: ")) != std::string::npos);
        std::istringstream lines(help.out);
        for (std::string line; std::getline(lines, line);) {
            INFO(line);
            CHECK(line.size() <= 80);
            CHECK(line.find_first_of("{}") == std::string::npos);
        }
    }
    CHECK(train({"--version"}).out.starts_with("bitnet-train "));
    check_refused_with(train({"chess"}), 2, "expected a subcommand, found \"chess\"");
}

TEST_CASE("cli: wrong options, folders and checkpoints are refused in one line") {
    const TemporaryFolder folder;
    check_refused_with(train({"run"}), 2, "--output");
    check_refused_with(train({"run", "-o", ""}), 2, "--output: expected a file or folder, found an empty name");
    check_refused_with(train({"run", "-o", folder / "run", "--weights", "quaternary"}), 2, "quaternary");
    check_refused_with(train({"run", "-o", folder / "run", "--rate", "nan"}), 2, "nan");
    check_refused_with(train({"run", "-o", folder / "run", "--rows", "18"}), 1, "a multiple of 4 rows, found 18");
    check_refused_with(train({"run", "-o", folder / "run", "--heads", "3"}), 1,
                       "bitnet-train: options: impossible number of key/value heads: expected a divisor of 3 heads");
    check_refused_with(train({"run", "-o", folder / "run", "--hidden", "60", "--head-dim", "20"}), 1,
                       "a multiple of 128 weights");
    check_refused_with(train({"run", "-o", folder / "run", "--clip", "0"}), 2, "--clip");
    write_text(folder / "file", "");
    check_refused_with(train({"run", "-o", folder / "file"}), 1, "expected a folder");
    std::filesystem::create_directory(folder / "bad");
    write_text(folder / "bad/checkpoint", "nothing\n");
    check_refused_with(train(small_run(folder / "bad", "60")), 1, "expected \"ternion training checkpoint");
    write_text(folder / "bad/checkpoint", R"({"format":"ternion training checkpoint 1"})"
                                          "\n");
    check_refused_with(train(small_run(folder / "bad", "60")), 1, "found \"ternion training checkpoint 1\"");
    check_refused_with(train({"questions", "--skill", "chess"}), 2, "chess");
    check_refused_with(train({"questions"}, "> /dev/full"), 1, "standard output");
}

TEST_CASE("cli: questions are the same for the same seed, and JSON") {
    const Outcome held_out = train({"questions", "-n", "3"}), training = train({"questions", "-n", "3", "--training"});
    CHECK(held_out.out == train({"questions", "-n", "3"}).out);
    CHECK(held_out.out != training.out);
    std::istringstream lines(held_out.out);
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count)
        CHECK_FALSE(nlohmann::json::parse(line).at("answer").get<std::string>().empty());
    CHECK(count == 27);
}

}  // namespace
