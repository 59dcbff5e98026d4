#include <sys/wait.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>

#include "cli_program.hpp"
#include "files_fixture.hpp"

namespace {

using namespace bitnet_tests;

const std::vector<std::string> loading = {"chat", "complete", "tokenize", "logits", "bench"};

/// The smallest right use of a subcommand on a model.
std::vector<std::string> use(const std::string& command, const std::string& model, const std::string& output) {
    std::vector<std::string> arguments = {command, "-m", model};
    if (command == "complete") arguments.insert(arguments.end(), {"-p", "hi", "-n", "1"});
    if (command == "logits") arguments.insert(arguments.end(), {"--tokens", "1", "--output", output});
    if (command == "bench") arguments.insert(arguments.end(), {"-p", "2", "-n", "2", "-r", "1"});
    return arguments;
}

std::vector<std::string> complete(std::vector<std::string> more) {
    std::vector<std::string> arguments = {"complete", "-m", golden_gguf, "-p", "hi", "-n", "4"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

TEST_CASE("cli: wrong usage is one line and status 2") {
    check_refused({}, 2, {"subcommand"});
    check_refused({"no-such-command"}, 2, {"expected a subcommand, found \"no-such-command\"", "--help"});
    check_refused({"chat", "--no-such-option"}, 2, {"--no-such-option"});
    check_refused({"complete", "-p", "x"}, 2, {"--model"});
    check_refused({"complete", "-m", golden_gguf}, 2, {"--prompt"});
    check_refused({"logits", "-m", golden_gguf, "--tokens", "1"}, 2, {"--output"});
    check_refused({"logits", "-m", golden_gguf, "--tokens", "1,x", "--output", "/dev/null"}, 2, {"--tokens"});
    check_refused({"logits", "-m", golden_gguf, "--tokens", "99999999999999999999", "--output", "/dev/null"}, 2, {});
    check_refused({"synth"}, 2, {"--output"});
    check_refused({"synth", "--output", "/dev/null", "--layers", "0"}, 2, {"--layers", "found 0"});
    check_refused({"bench", "-m", golden_gguf, "-t", "1,0"}, 2, {"--threads", "found 0"});
    check_refused({"bench", "-m", golden_gguf, "-p", "8,,8"}, 2, {"--n-prompt", "found nothing"});
    check_refused({"bench", "-m", golden_gguf, "-p", "0", "-n", "0"}, 2, {"expected a length above 0"});
    for (const std::string list : {"1,,2", "", ",1", "1,", "010", "1,0x10", "1 2", "-1", "+1"})
        check_refused({"logits", "-m", golden_gguf, "--tokens", list, "--output", "/dev/null"}, 2,
                      {"--tokens: expected a number from 0 to 16777216, found "});
    check_refused({"logits", "-m", golden_gguf, "--tokens", "1", "--output", "-"}, 1, {"the name of a file"});
}

TEST_CASE("cli: an empty name of a file is refused, with the option that has it") {
    for (const std::string command : {"chat", "complete", "tokenize", "logits", "perplexity", "score", "bench"})
        check_refused({command, "-m", ""}, 2, {"--model", "found an empty name"});
    check_refused({"inspect", ""}, 2, {"found an empty name"});
    check_refused({"inspect", golden_gguf, "--text", "x"}, 2, {"--text requires --zeros"});
    check_refused({"complete", "-m", golden_gguf, "-f", ""}, 2, {"--prompt-file", "found an empty name"});
    check_refused({"chat", "-f", ""}, 2, {"--prompt-file", "found an empty name"});
    check_refused({"perplexity", "-m", golden_gguf, "-f", ""}, 2, {"--file", "found an empty name"});
    check_refused({"synth", "--output", ""}, 2, {"--output", "found an empty name"});
}

TEST_CASE("cli: input without an end is refused") {
    check_refused({"complete", "-m", golden_gguf, "-f", "/dev/zero"}, 1, {"/dev/zero: expected at most 64 MiB"});
    check_refused({"chat", "-m", golden_gguf}, 1, {"standard input: expected at most 64 MiB"}, "", "< /dev/zero");
}

TEST_CASE("cli: options out of their range, and what is no number, are status 2") {
    for (const std::string value : {"nan", "-nan", "inf", "-inf", "-1", "1e99", "x", ""})
        check_refused(complete({"--temp=" + value}), 2, {"--temp"});
    for (const std::string option : {"--top-p", "--min-p"}) {
        for (const std::string value : {"nan", "-0.1", "1.1"})
            check_refused(complete({option + "=" + value}), 2, {option, "from 0 to 1, found " + value});
    }
    for (const std::string value : {"0", "-1", "nan", "inf"})
        check_refused(complete({"--repeat-penalty=" + value}), 2, {"--repeat-penalty"});
    check_refused(complete({"--top-k=-1"}), 2, {"--top-k"});
    check_refused(complete({"--seed=-2"}), 2, {"--seed"});
    check_refused(complete({"-n", "-2"}), 2, {"--predict"});
    check_refused(complete({"-t", "0"}), 2, {"--threads"});
    check_refused(complete({"-t", "02"}), 2, {"--threads", "found 02"});
    check_refused({"synth", "--output", "/dev/null", "--seed", "0x1"}, 2, {"--seed", "found 0x1"});
    for (const std::string share : {"0", "1", "nan", "half", "-0.5"})
        check_refused({"synth", "--output", "/dev/null", "--ffn-zeros=" + share}, 2,
                      {"--ffn-zeros", "from 0.01 to 0.99"});
    check_refused({"synth", "--output", "/dev/null", "--family", "llama", "--ffn-zeros", "0.8"}, 1,
                  {"squared ReLU and sub-norms, such as bitnet, found llama"});
    check_refused(complete({"-t", "100000"}), 2, {"--threads"});
    check_refused(complete({"-b", "0"}), 2, {"--batch-size"});
    check_refused(complete({"-c", "-1"}), 2, {"--ctx-size"});
    check_refused(complete({"--kv-type", "q4"}), 2, {"--kv-type"});
}

TEST_CASE("cli: a file that is missing, empty, truncated or foreign is one line that names it, and status 1") {
    const TemporaryFolder folder;
    const std::string good = read_text(golden_gguf);
    write_text(folder / "empty.gguf", "");
    write_text(folder / "text.gguf", "This is no model.\n");
    write_text(folder / "header.gguf", good.substr(0, 100));
    write_text(folder / "half.gguf", good.substr(0, good.size() / 2));
    write_text(folder / "tail.gguf", good.substr(0, good.size() - 1));
    std::string foreign = good;
    foreign.replace(foreign.find("bitnet-b1.58"), 12, "llama-b1.580");
    write_text(folder / "foreign.gguf", foreign);
    std::filesystem::create_directory(folder / "folder");
    for (const std::string& command : loading) {
        for (const std::string name :
             {"missing", "empty.gguf", "text.gguf", "header.gguf", "half.gguf", "tail.gguf", "foreign.gguf", "folder"})
            check_refused(use(command, folder / name, folder / "logits"), 1, {folder / name});
    }
    check_refused(use("chat", folder / "foreign.gguf", ""), 1,
                  {"expected one of the architectures \"bitnet-b1.58\"", "found \"llama-b1.580\""});
    CHECK_FALSE(std::filesystem::exists(folder / "logits"));
}

TEST_CASE("cli: a hostile name can neither break the line nor the terminal") {
    check_refused({"tokenize", "-m", "no\nsuch\x1b[31m"}, 1, {R"(no\x0asuch\x1b[31m)"});
}

TEST_CASE("cli: token ids and lengths that the model doesn't have") {
    const TemporaryFolder folder;
    const auto logits = [&](const std::string& tokens, const std::vector<std::string>& parts) {
        check_refused({"logits", "-m", golden_gguf, "--tokens", tokens, "--output", folder / "logits"}, 1, parts);
        CHECK(folder.entries() == 0);
    };
    logits("1,528", {golden_gguf, "expected token ids from 0 to 527, found 528"});
    std::string many = "1";
    for (int i = 0; i < 512; ++i)
        many += ",1";
    logits(many, {golden_gguf, "at most 512 tokens", "found 513"});

    std::string prompt;
    for (int i = 0; i < 600; ++i)
        prompt += "7 ";
    check_refused({"complete", "-m", golden_gguf, "-p", prompt}, 1, {golden_gguf, "at most 512 tokens"});
    check_refused(complete({"-c", "513"}), 1, {golden_gguf, "at most 512 tokens (-c), found 513"});
    check_refused({"bench", "-m", golden_gguf, "-p", "513"}, 1, {golden_gguf, "at most 512 tokens", "found 513"});
    const Outcome chat = run({"chat", "-m", golden_gguf, "-n", "1"}, prompt + "\n");
    CHECK(chat.status == 1);
    CHECK(chat.out == "\n");
}

TEST_CASE("cli: output that can't be written is one line and status 1") {
    const TemporaryFolder folder;
    const auto logits = [](const std::string& output) {
        return std::vector<std::string>{"logits", "-m", golden_gguf, "--tokens", "1", "--output", output};
    };
    check_refused(logits("/dev/full"), 1, {"/dev/full", "No space left"});
    check_refused(logits(folder / "no/such/folder"), 1, {folder / "no/such/folder"});
    check_refused(logits(folder / ""), 1, {"directory"});
    check_refused({"synth", "--output", folder / "no/such/folder"}, 1, {folder / "no/such/folder"});
    check_refused({"synth", "--output", folder / "model", "--vocab", golden_gguf}, 1, {golden_gguf});
    CHECK(folder.entries() == 0);
    for (const std::string where : {"> /dev/full", ">&-"}) {
        check_refused(complete({}), 1, {"standard output"}, "", where);
        check_refused({"tokenize", "-m", golden_gguf}, 1, {"standard output"}, "hi", where);
        check_refused(use("bench", golden_gguf, ""), 1, {"standard output"}, "", where);
        check_refused(use("chat", golden_gguf, ""), 1, {"standard output"}, "hi\n", where);
        check_refused({"--help"}, 1, {"standard output"}, "", where);
    }
}

TEST_CASE("cli: an output never replaces what is read") {
    const TemporaryFolder folder;
    const std::string model = folder / "model.gguf", copy = folder / "hf";
    std::filesystem::copy_file(golden_gguf, model);
    std::filesystem::copy(golden_folder, copy);
    std::filesystem::create_symlink("model.gguf", folder / "link");
    write_text(copy + "/tokenizer.json", "{}");
    write_text(folder / "vocabulary", "IQ== 0\n");
    const auto refused = [](std::vector<std::string> arguments, const std::string& output) {
        const std::string before = read_text(output);
        arguments.insert(arguments.end(), {"--output", output});
        check_refused(arguments, 1, {output + ": expected another file for the output"});
        CHECK((read_text(output) == before));
    };
    for (const std::string& output : {model, folder / "link"}) {
        refused({"logits", "-m", model, "--tokens", "1"}, output);
        refused({"convert", "-m", model}, output);
        refused({"logits", "-m", folder / "link", "--tokens", "1"}, output);
    }
    for (const char* name : {"/model.safetensors", "/config.json", "/tokenizer.json"}) {
        refused({"logits", "-m", copy, "--tokens", "1"}, copy + name);
        refused({"convert", "-m", copy + "/model.safetensors"}, copy + name);
    }
    refused({"synth", "--vocab", folder / "vocabulary"}, folder / "vocabulary");
    CHECK(folder.entries() == 4);
}

TEST_CASE("cli: a reader that goes away ends the program quietly") {
    const TemporaryFolder folder;
    for (const std::string command : {"complete -n -1 -p hi --temp 0", "chat -n -1", "tokenize", "bench -p 2 -n 2"}) {
        const std::string line = "yes | head -n 3 | { " + shell_quoted(chat_program) + " " + command + " -m " +
                                 shell_quoted(golden_gguf) + " 2> " + shell_quoted(folder / "err") + "; echo $? > " +
                                 shell_quoted(folder / "status") + "; } | true";
        REQUIRE(std::system(line.c_str()) == 0);
        CHECK(read_text(folder / "status") == "0\n");
        CHECK(read_text(folder / "err").find("bitnet-2b4t:") == std::string::npos);
    }
}

#if !defined(__SANITIZE_ADDRESS__)  // which takes terabytes of addresses itself
TEST_CASE("cli: whatever memory there is, a run succeeds or says in one line that it isn't enough") {
    const TemporaryFolder folder;
    std::size_t failures = 0, successes = 0;
    for (int kilobytes = 8000; kilobytes < 48000; kilobytes += 500) {
        const auto under_limit = [&](const std::string& arguments) {
            const std::string line = "(ulimit -v " + std::to_string(kilobytes) + "; exec " +
                                     shell_quoted(chat_program) + " " + arguments + ") > " +
                                     shell_quoted(folder / "out") + " 2> " + shell_quoted(folder / "err");
            return std::system(line.c_str());
        };
        if (under_limit("--version") != 0) continue;  // the program itself doesn't fit
        const int status = under_limit("complete -p hi -n 4 -t 2 -m " + shell_quoted(golden_gguf));
        const std::string complaint = read_text(folder / "err");
        INFO(kilobytes << " KB: " << complaint);
        if (status == 0) {
            ++successes;
            continue;
        }
        ++failures;
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 1);
        CHECK(complaint.starts_with("bitnet-2b4t: "));
        CHECK(std::ranges::count(complaint, '\n') == 1);
    }
    CHECK(failures > 0);
    CHECK(successes > 0);
}
#endif

TEST_CASE("cli: a Hugging Face folder without a tokenizer computes logits but doesn't chat") {
    const TemporaryFolder folder;
    CHECK(run(use("logits", golden_folder, folder / "logits")).status == 0);
    CHECK(read_text(folder / "logits").size() == 528 * 4);
    check_refused(use("complete", golden_folder, ""), 1, {golden_folder, "tokenizer"});
    check_refused(use("chat", golden_folder, ""), 1, {golden_folder, "tokenizer"});
}

}  // namespace
