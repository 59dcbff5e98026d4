#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli_program.hpp"
#include "files/model_source.hpp"
#include "files_fixture.hpp"

// Conversations in files, and what scripts use: --json and --prompt-file.

namespace {

using namespace bitnet_tests;
using nlohmann::json;

Outcome chat(const std::string& input, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"chat", "-m", golden_gguf, "-n", "30", "--temp", "0", "--commands"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments, input);
}

std::string last_line(const std::string& text) {
    const std::size_t end = text.rfind('\n', text.size() - 2);
    return text.substr(end == text.npos ? 0 : end + 1);
}

TEST_CASE("cli: a conversation that was saved goes on as if it had never stopped") {
    const TemporaryFolder folder;
    for (const std::string type : {"f16", "f32", "i3"}) {
        const std::vector<std::string> options = {"-sys", "Be brief.", "--kv-type", type};
        const std::string file = folder / "talk " + type;
        const Outcome whole = chat("hi\nand you?\nbye\n", options);
        const Outcome first = chat("hi\nand you?\n/save " + file + "\n", options);
        CHECK(first.status == 0);
        CHECK(first.err.find("saved") != std::string::npos);
        const Outcome second = chat("something else\n/load " + file + "\nbye\n", options);
        CHECK(second.status == 0);
        CHECK(second.err.find("goes on: ") != std::string::npos);
        CHECK(last_line(second.out) == last_line(whole.out));
        CHECK(last_line(chat("bye\n", options).out) != last_line(whole.out));
    }
    CHECK(folder.entries() == 3);
}

TEST_CASE("cli: what can't be a saved conversation of this model is refused") {
    const TemporaryFolder folder;
    const std::string file = folder / "talk";
    REQUIRE(chat("hi\n/save " + file + "\n").status == 0);
    const std::string good = read_text(file);
    const auto refused = [&](const std::string& content, const std::string& part, std::vector<std::string> more = {}) {
        write_text(file, content);
        std::vector<std::string> arguments = {"chat", "-m", golden_gguf, "--commands"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        check_refused(arguments, 1, {file, part}, "/load " + file + "\n");
    };
    const auto with = [&](std::size_t at, std::uint64_t number) {
        GgufBytes bytes;
        return std::string(good).replace(at, 8, bytes.number(number).text);
    };
    refused("hello", "a saved conversation, found 5 bytes");
    refused(std::string(100, 'x'), "a saved conversation, found \"xxxxxxxx\"");
    refused(with(8, 1), "one with another");
    refused(with(24, 1ULL << 62), "at most 512 tokens");
    refused(with(24, 3), "bytes, found " + std::to_string(good.size()));
    refused(with(40, 1ULL << 50), "an opening of at most");
    refused(with(48, 1ULL << 50), "token ids below 528");
    refused(good.substr(0, good.size() - 1), "bytes, found " + std::to_string(good.size() - 1));
    refused(good + "x", "bytes, found " + std::to_string(good.size() + 1));
    refused(good, "--kv-type", {"--kv-type", "f32"});
    refused(good, "at most 4 tokens", {"-c", "4"});
    check_refused({"chat", "-m", golden_gguf, "--commands"}, 1, {"/no/such"}, "/load /no/such\n");
    check_refused({"chat", "-m", golden_gguf, "--commands"}, 1, {folder / "no/folder"},
                  "/save " + folder / "no/folder" + "\n");
}

TEST_CASE("cli: a loaded conversation keeps its own system prompt when old turns are forgotten") {
    const TemporaryFolder folder;
    const std::string file = folder / "talk", prompt = "You are a calculator.";
    const auto with = [](const std::string& system) {
        std::vector<std::string> more = {"-c", "160"};
        if (!system.empty()) more.insert(more.end(), {"-sys", system});
        return more;
    };
    REQUIRE(chat("hi\n/save " + file + "\n", with(prompt)).status == 0);
    const std::string turns = "/load " + file + "\nfirst\nsecond\nthird\nfourth\nfifth\n";
    const Outcome same = chat(turns, with(prompt));
    CHECK(same.err.find("forgotten") != std::string::npos);
    for (const std::string system : {"", "Something much longer than that, which isn't the conversation's."})
        CHECK(chat(turns, with(system)).out == same.out);
}

TEST_CASE("cli: a KV cache with numbers that aren't finite is refused") {
    const TemporaryFolder folder;
    const std::string file = folder / "talk";
    for (const std::string type : {"f32", "f16", "i8", "i4", "i3"}) {
        const std::vector<std::string> options = {"--kv-type", type};
        REQUIRE(chat("hi\n/save " + file + "\n", options).status == 0);
        std::string content = read_text(file);
        constexpr std::size_t last = 300;  // bytes, with the last scale of codes among them
        content.replace(content.size() - last, last, std::string(last, '\xff'));
        write_text(file, content);
        check_refused({"chat", "-m", golden_gguf, "--commands", "--kv-type", type}, 1,
                      {file, "expected finite numbers"}, "/load " + file + "\n");
    }
}

TEST_CASE("cli: a conversation with a model that differs in one weight is refused") {
    const TemporaryFolder folder;
    const std::string model = folder / "model.gguf", file = folder / "talk";
    REQUIRE(chat("hi\n/save " + file + "\n").status == 0);
    const std::string good = read_text(golden_gguf);
    const auto load = [&] { return run({"chat", "-m", model, "--commands"}, "/load " + file + "\n"); };
    write_text(model, good);
    CHECK(load().status == 0);
    const auto source = bitnet::open_model(golden_gguf);
    const std::string_view whole = good;
    for (const std::string tensor : {"blk.0.attn_q.weight", "blk.0.attn_output.weight", "blk.1.ffn_down.weight"}) {
        const auto trits = source->ternary(tensor).bytes();
        const auto* bytes = reinterpret_cast<const char*>(trits.data());
        const std::size_t at = whole.find(std::string_view(bytes, trits.size()));
        std::string other = good;
        other[at + 7] = static_cast<char>(other[at + 7] == 0x55 ? 0x56 : 0x55);
        write_text(model, other);
        INFO(tensor);
        CHECK(load().err.find("expected a conversation with this model, found one with another") != std::string::npos);
    }
}

TEST_CASE("cli: a pipe hears of turns that are forgotten and of answers that are cut, on standard error") {
    const Outcome outcome = run({"chat", "-m", golden_gguf, "-c", "40", "--temp", "0"}, "hello\nhello again\n");
    CHECK(outcome.status == 0);
    CHECK(std::ranges::count(outcome.out, '\n') == 2);
    CHECK(outcome.err.find("[the context is full: the answer is cut") != std::string::npos);
    CHECK(outcome.err.find("[the context was full: the oldest turns are forgotten]") != std::string::npos);
}

TEST_CASE("cli: commands work from a pipe, and one that isn't there ends the chat") {
    const Outcome outcome = chat("hi\n/help\r\n/reset\n /reset\n/exit\nhi\n");
    CHECK(outcome.status == 0);
    CHECK(std::ranges::count(outcome.out, '\n') == 2);
    CHECK(outcome.err.find("/stats") != std::string::npos);
    CHECK(outcome.err.find("forgotten") != std::string::npos);
    check_refused({"chat", "-m", golden_gguf, "--commands"}, 1, {"unknown command \"/sav\"; /help lists them"},
                  "/sav x\nhi\n");
    check_refused({"chat", "-m", golden_gguf, "--commands"}, 1, {"expected /save FILE, found no file name"},
                  "/save\nhi\n");
}

TEST_CASE("cli: from a pipe, a line that looks like a command is a turn unless commands are asked for") {
    const Outcome outcome = run({"chat", "-m", golden_gguf, "-n", "8", "--temp", "0"}, "hi\n/exit\n/etc/passwd\n");
    CHECK(outcome.status == 0);
    CHECK(outcome.err.empty());
    CHECK(std::ranges::count(outcome.out, '\n') == 3);
}

TEST_CASE("cli: a turn that is too long has an error instead of an answer, and the next one comes") {
    std::string longer;
    for (int i = 0; i < 200; ++i)
        longer += "xq";
    const std::string input = "hi\n" + longer + "\nhi again\n";
    const std::vector<std::string> arguments = {"chat", "-m", golden_gguf, "-n", "8", "--temp", "0", "-c", "160"};
    const Outcome outcome = run(arguments, input);
    CHECK(outcome.status == 1);
    CHECK(std::ranges::count(outcome.out, '\n') == 3);
    CHECK(outcome.out.find("\n\n") != std::string::npos);
    CHECK(outcome.err.find("1 of 3 turns have no answer") != std::string::npos);
    CHECK(outcome.err.find("a prompt of at most ") != std::string::npos);
    // It is no part of the conversation.
    const std::string without = run(arguments, "hi\nhi again\n").out;
    CHECK(last_line(outcome.out) == last_line(without));
    std::vector<std::string> as_json = arguments;
    as_json.push_back("--json");
    const Outcome objects = run(as_json, input);
    CHECK(objects.status == 1);
    std::istringstream lines(objects.out);
    std::string line;
    for (const char* key : {"text", "error", "text"}) {
        REQUIRE(std::getline(lines, line));
        CHECK(json::parse(line).contains(key));
    }
}

TEST_CASE("cli: the chat template is the model's, or the one that is asked for") {
    const TemporaryFolder folder;
    const std::string base = folder / "base.gguf";
    std::string bytes = read_text(golden_gguf);
    const auto replace = [&](const std::string& from, const std::string& to) {
        for (std::size_t at; (at = bytes.find(from)) != bytes.npos;)
            bytes.replace(at, from.size(), to);
        write_text(base, bytes);
    };
    replace("<|eot_id|>", "<|not_id|>");
    check_refused({"chat", "-m", base}, 1, {"expected a chat template that this program knows", "--chat-template NAME"},
                  "hi\n");
    replace("tokenizer.chat_template", "general.description_new");
    check_refused({"chat", "-m", base}, 1, {"expected a chat template, found none", "`complete` works"}, "hi\n");
    CHECK(run({"complete", "-m", base, "-p", "hi", "-n", "4"}).status == 0);
    check_refused({"chat", "-m", base, "--chat-template", "bitnet"}, 1, {"<|eot_id|>"}, "hi\n");
    check_refused({"chat", "-m", golden_gguf, "--chat-template", "vicuna"}, 2, {"--chat-template", "vicuna"}, "hi\n");
    check_refused({"chat", "-m", golden_gguf, "--chat-template", "chatml"}, 1, {"<|im_end|>"}, "hi\n");
    CHECK(chat("hi\n", {"--chat-template", "bitnet"}).out == chat("hi\n").out);
    CHECK(chat("hi\n", {"--chat-template", "llama3"}).out != chat("hi\n").out);
}

TEST_CASE("cli: a conversation replaces another one only") {
    const TemporaryFolder folder;
    const std::string letter = folder / "letter", talk = folder / "talk";
    write_text(letter, "Dear reader");
    const auto save = [](const std::string& path) { return "hi\n/save " + path + "\n"; };
    const Outcome refused = chat(save(letter));
    CHECK(refused.status == 1);
    CHECK(refused.err == "bitnet-2b4t: " + letter + ": expected a new file or a saved conversation to replace, " +
                             "found another file\n");
    CHECK(read_text(letter) == "Dear reader");
    CHECK(chat(save(talk) + "bye\n/save " + talk + "\n").status == 0);
}

TEST_CASE("cli: answers as JSON say how they ended, and their speed") {
    const Outcome plain = chat("hi\nyou\n"), outcome = chat("hi\nyou\n", {"--json"});
    CHECK(outcome.status == 0);
    std::istringstream lines(outcome.out);
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        const json answer = json::parse(line);
        CHECK((answer.at("end") == "limit" || answer.at("end") == "stop"));
        CHECK(answer.at("tokens") <= 30);
        CHECK(answer.at("prompt_tokens") > 4);
        CHECK(answer.at("tokens_per_second").get<double>() > 0);
        CHECK(answer.at("memory_bytes").get<std::size_t>() > 100000);
    }
    CHECK(count == 2);
    CHECK(json::parse(chat("\n", {"--json"}).out).at("end") == "stop");
    const json full = json::parse(run({"chat", "-m", golden_gguf, "--temp", "0", "--json", "-c", "60"}, "hi\n").out);
    CHECK((full.at("end") == "full_context" || full.at("end") == "stop"));

    const Outcome complete = run({"complete", "-m", golden_gguf, "-p", "return", "-n", "5", "--temp", "0", "--json"});
    const json made = json::parse(complete.out);
    CHECK(made.at("tokens") == 5);
    CHECK(made.at("end") == "limit");
    CHECK(run({"complete", "-m", golden_gguf, "-p", "return", "-n", "5", "--temp", "0"}).out ==
          made.at("text").get<std::string>());
}

TEST_CASE("cli: prompts come from files too") {
    const TemporaryFolder folder;
    write_text(folder / "prompt", "return");
    const std::vector<std::string> rest = {"-n", "9", "--temp", "0"};
    const auto complete = [&](std::vector<std::string> arguments, const std::string& input = "") {
        arguments.insert(arguments.begin(), {"complete", "-m", golden_gguf});
        arguments.insert(arguments.end(), rest.begin(), rest.end());
        return run(arguments, input).out;
    };
    CHECK(complete({"--prompt-file", folder / "prompt"}) == complete({"-p", "return"}));
    CHECK(complete({"-f", "-"}, "return") == complete({"-p", "return"}));
    CHECK(complete({"-p", "return"}).size() > 1);
    write_text(folder / "turn", "How are you?");
    CHECK(chat("not read\n", {"-f", folder / "turn"}).out == chat("How are you?\n").out);
    write_text(folder / "turn", "Two\nlines");
    CHECK(chat("", {"-f", folder / "turn"}).out != chat("Two\nlines\n").out);
    check_refused({"complete", "-m", golden_gguf, "-f", folder / "none"}, 1, {folder / "none"});
    check_refused({"complete", "-m", golden_gguf, "-f", folder / "turn", "-p", "x"}, 2, {"prompt"});
    check_refused({"chat", "-m", golden_gguf, "-f", folder / "none"}, 1, {folder / "none"});
}

}  // namespace
