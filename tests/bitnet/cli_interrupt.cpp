#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <nlohmann/json.hpp>

#include "cli_program.hpp"
#include "endless_model.hpp"
#include "files_fixture.hpp"

// What a signal leaves behind where it comes in the middle of something.

namespace {

using namespace bitnet_tests;

constexpr std::array signals{SIGINT, SIGTERM, SIGHUP};

/// Runs bitnet-2b4t, which gets the signal as soon as the shell's condition holds.
Outcome interrupted(int signal, const std::string& condition, const std::vector<std::string>& arguments,
                    const std::string& input = "") {
    // What doesn't stop is stopped after a minute of computing.
    std::string command = "ulimit -t 60; set -m; " + shell_quoted(chat_program);
    for (const std::string& argument : arguments)
        command += " " + shell_quoted(argument);
    command += " <&3 & pid=$!; until " + condition + " || ! kill -0 $pid; do sleep 0.05; done; kill -" +
               std::to_string(signal) + " $pid; wait $pid";
    return run_program("/bin/bash", {"-c", command}, input, "3<&0");
}

/// The program notes SIGINT instead of dying of it.
const std::string notes_it = "grep -q bitnet-2b4t /proc/$pid/comm && grep -q '^SigCgt:.*[2367abef]$' /proc/$pid/status";

TEST_CASE("cli: a signal cuts an answer, which is printed as far as it came, and ends the program") {
    const TemporaryFolder folder;
    write_endless_model(folder / "model.gguf");
    write_text(folder / "turn", "hello");
    const auto use = [&](const std::string& command, std::vector<std::string> more) {
        more.insert(more.begin(), {command, "-m", folder / "model.gguf"});
        more.insert(more.end(), endlessly.begin(), endlessly.end());
        return more;
    };
    for (const int signal : signals) {
        for (const auto& arguments : {use("complete", {"-p", "hello", "--json"}), use("chat", {"--json"}),
                                      use("chat", {"-f", folder / "turn", "--json"})}) {
            const Outcome outcome = interrupted(signal, notes_it, arguments, "hello\nand once more\n");
            INFO(outcome.err);
            CHECK(outcome.status == 128 + signal);
            CHECK(nlohmann::json::parse(outcome.out).at("end") == "interrupted");
            CHECK(outcome.err.starts_with("bitnet-2b4t: interrupted\n"));
        }
        const std::string something = "[ -s /proc/$pid/fd/1 ]";
        const Outcome complete = interrupted(signal, something, use("complete", {"-p", "hello"}));
        CHECK(complete.status == 128 + signal);
        const Outcome chat = interrupted(signal, something, use("chat", {}), "hello\nand once more\n");
        CHECK(chat.status == 128 + signal);
        CHECK(std::ranges::count(chat.out, '\n') == 1);
        CHECK(chat.out.ends_with('\n'));
    }
}

TEST_CASE("cli: Ctrl-C ends a shell's loop too") {
    const TemporaryFolder folder;
    write_endless_model(folder / "model.gguf");
    std::string loop = "for i in 1 2; do " + shell_quoted(chat_program) + " complete -p hello -m " +
                       shell_quoted(folder / "model.gguf");
    for (const std::string& option : endlessly)
        loop += " " + option;
    loop += " > " + shell_quoted(folder / "text") + "; echo again; done";
    const Outcome outcome = run_program(
        "/bin/bash", {"-c", "ulimit -t 60; set -m; bash -c " + shell_quoted(loop) + " & until [ -s " +
                                shell_quoted(folder / "text") + " ]; do sleep 0.05; done; kill -INT -- -$!; wait $!"});
    CHECK(outcome.status == 128 + SIGINT);
    CHECK(outcome.out.empty());
}

TEST_CASE("cli: a signal leaves no unfinished file") {
    const TemporaryFolder folder, models;
    write_endless_model(models / "model.gguf");
    std::string tokens = "1";
    for (int i = 0; i < 20000; ++i)
        tokens += ",1";
    const std::string unfinished = "ls -A " + shell_quoted(folder / "") + " | grep -q .";
    for (const int signal : signals) {
        CHECK(interrupted(signal, unfinished, {"synth", "--output", folder / "out"}).status == 128 + signal);
        CHECK(folder.entries() == 0);
        const std::vector<std::string> logits = {"logits", "-m",       models / "model.gguf", "--tokens",
                                                 tokens,   "--output", folder / "out"};
        CHECK(interrupted(signal, unfinished, logits).status == 128 + signal);
        CHECK(folder.entries() == 0);
    }
}

}  // namespace
