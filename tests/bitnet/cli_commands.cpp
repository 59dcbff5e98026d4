#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include <program/io/utf8.hpp>
#include "cli_program.hpp"
#include "files_fixture.hpp"

namespace {

using namespace bitnet_tests;

std::ptrdiff_t lines(const std::string& text) {
    return std::ranges::count(text, '\n');
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const auto step = program::utf8_step(text);
        if (step.kind != program::Utf8Kind::character) return false;
        text.remove_prefix(step.length);
    }
    return true;
}

/// Help fits into 80 columns, and shows nothing of how options are declared.
void check_readable(const std::string& help) {
    std::istringstream stream(help);
    for (std::string line; std::getline(stream, line);) {
        INFO(line);
        CHECK(line.size() <= 80);
    }
    for (const char* inside : {":{", "{false}", "[]", "->", " ..."})
        CHECK(help.find(inside) == std::string::npos);
}

TEST_CASE("cli: help has an example for each subcommand, and there is a version") {
    std::vector<std::string> commands{"chat",  "complete", "tokenize", "logits",  "embed",     "perplexity", "score",
                                      "bench", "report",   "inspect",  "convert", "ternarize", "synth",      "isa"};
    if (run({"--help"}).out.find("\n  serve ") != std::string::npos) commands.emplace_back("serve");  // where Boost is
    for (const std::string& command : commands) {
        const Outcome help = run({command, "--help"});
        CHECK(help.status == 0);
        CHECK(help.err.empty());
        CHECK(help.out.find("bitnet-2b4t " + command, help.out.find("Example: ")) != std::string::npos);
        CHECK(run({"--help"}).out.find("  " + command) != std::string::npos);
        check_readable(help.out);
        CHECK(help.out.substr(help.out.rfind("\n\n")).starts_with("\n\nExample: "));
        CHECK(lines(help.out.substr(help.out.rfind("Example: "))) == 1);
    }
    const Outcome version = run({"--version"});
    CHECK(version.status == 0);
    CHECK(version.out.starts_with("bitnet-2b4t "));
    CHECK(lines(version.out) == 1);
}

TEST_CASE("cli: the former names of isa and --isa still work, and help doesn't show them") {
    const Outcome list = run({"isa", "--json"});
    CHECK((list.status == 0 && list.out.find("\"selected\": true") != std::string::npos));
    CHECK(run({"arch", "--json"}).out == list.out);
    CHECK(run({"--help"}).out.find("\n  arch") == std::string::npos);
    const std::string help = run({"logits", "--help"}).out;
    CHECK((help.find("--isa NAME") != std::string::npos && help.find("--arch") == std::string::npos));
    for (const std::string option : {"--isa=abacus", "--arch=abacus"}) {
        const Outcome refused = run({"logits", "-m", golden_gguf, "--tokens", "1", option});
        CHECK(refused.status == 2);
        CHECK(refused.err.find("--isa: unknown instruction set: expected ") != std::string::npos);
    }
    CHECK(run({"logits", "-m", golden_gguf, "--tokens", "1", "--arch", "abacus"}).status == 2);
}

TEST_CASE("cli: chat answers each line of its input with one line") {
    for (const std::string kv_type : {"f16", "f32", "i8", "i4", "i3"}) {
        const Outcome chat = run({"chat", "-m", golden_gguf, "-n", "20", "--seed", "3", "--kv-type", kv_type},
                                 "Hello\nHow are you?\n\nand a last one without an end");
        CHECK(chat.status == 0);
        CHECK(chat.err.empty());
        CHECK(lines(chat.out) == 4);
        CHECK(chat.out.find("\n\n") != std::string::npos);  // a blank line is answered with one
        CHECK(is_utf8(chat.out));
        CHECK(std::ranges::none_of(chat.out, [](char c) { return c != '\n' && static_cast<unsigned char>(c) < 0x20; }));
    }
}

TEST_CASE("cli: commands work in a piped chat, and their output isn't among the answers") {
    const Outcome chat = run({"chat", "-m", golden_gguf, "-n", "4", "--temp", "0", "--commands"},
                             "hi\n/stats\n/reset\nhi\n/help\n/exit\nhi\n");
    CHECK(chat.status == 0);
    REQUIRE(lines(chat.out) == 2);
    // After /reset the same question has the same answer.
    CHECK(chat.out.substr(0, chat.out.find('\n')) == chat.out.substr(chat.out.find('\n') + 1, chat.out.find('\n')));
    CHECK(chat.err.find("tokens/s") != std::string::npos);
    CHECK(chat.err.find("/reset") != std::string::npos);
}

TEST_CASE("cli: turns depend on those before, and on the system prompt") {
    const auto chat = [](std::vector<std::string> more, const std::string& input) {
        std::vector<std::string> arguments = {"chat", "-m", golden_gguf, "-n", "30", "--temp", "0", "--kv-type", "f32"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(arguments, input).out;
    };
    const std::string once = chat({}, "hi\n");
    const std::string twice = chat({}, "hi\nhi\n");
    CHECK(twice.starts_with(once));
    CHECK(twice != once + once);
    const std::string brief = chat({"--system", "Be brief."}, "hi\n");
    CHECK(brief != once);
    CHECK(chat({"-sys", "Be brief.", "-cnv"}, "hi\n") == brief);
    CHECK(chat({"--system-prompt", "  "}, "hi\n") == once);
    CHECK(chat({"-s", "7"}, "hi\n") == once);
    const std::vector<std::string> in_full = {"chat",   "-m", golden_gguf, "--n-predict", "30",
                                              "--temp", "0",  "--kv-type", "f32"};
    CHECK(run(in_full, "hi\n").out == once);
    CHECK(chat({"-b", "1"}, "hi\nhi\n") == twice);
    CHECK(chat({"-t", "3"}, "hi\nhi\n") == twice);
    CHECK(chat({"--no-mmap"}, "hi\nhi\n") == twice);
}

TEST_CASE("cli: without a model, chat takes the one that ships, says so, and answers right") {
    const Outcome chat = run({"chat"}, "What is 123 + 45?\nHow many n's are in \"banana\"?\n");
    CHECK(chat.status == 0);
    CHECK(chat.out == "3+5=8, 2+4=6, 1+0=1, so 168\nb0 a0 n1 a1 n2 a2, so 2\n");
    CHECK(chat.err.find("project's small") != std::string::npos);
}

TEST_CASE("cli: complete prints the new text alone, the same for the same seed") {
    const auto complete = [](std::vector<std::string> more) {
        std::vector<std::string> arguments = {"complete", "-m", golden_gguf, "-p", "return"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Outcome outcome = run(arguments);
        CHECK(outcome.status == 0);
        CHECK(is_utf8(outcome.out));
        return outcome.out;
    };
    const std::string greedy = complete({"-n", "16", "--temp", "0"});
    CHECK_FALSE(greedy.empty());
    CHECK(complete({"-n", "8", "--temp", "0"}).size() < greedy.size());
    CHECK(complete({"-n", "16", "--top-k", "1"}) == greedy);
    CHECK(complete({"-n", "0"}).empty());
    CHECK(complete({"-n", "40", "--seed", "5"}) == complete({"-n", "40", "--seed", "5"}));
    CHECK(complete({"-n", "40", "--seed", "5"}) != complete({"-n", "40", "--seed", "6"}));
    CHECK(complete({"-n", "16", "--temp", "0", "--repeat-penalty", "1.9"}) != greedy);
}

TEST_CASE("cli: drafts and screened heads change no text") {
    const auto complete = [](std::vector<std::string> more) {
        std::vector<std::string> arguments = {"complete", "-m", golden_gguf, "-p", "return return return return"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Outcome outcome = run(arguments);
        CHECK(outcome.status == 0);
        return outcome.out + outcome.err;
    };
    const std::vector<std::vector<std::string>> ways = {
        {"-n", "200", "--temp", "0"},
        {"-n", "37", "--temp", "0", "--repeat-penalty", "1.1"},
        {"-n", "100", "--seed", "4", "--top-k", "3"},
        {"-c", "70", "--temp", "0"},
    };
    for (std::vector<std::string> way : ways) {
        const std::string plain = complete(way);
        way.emplace_back("--full-head");
        CHECK(complete(way) == plain);
        for (const std::string ngram : {"1", "2", "5"}) {
            way.back() = "--draft-ngram=" + ngram;
            CHECK(complete(way) == plain);
        }
    }
    const auto chat = [](const std::string& draft) {
        return run({"chat", "-m", golden_gguf, "-n", "40", "--temp", "0", draft}, "hi\nhi\nhi hi hi\n").out;
    };
    CHECK(chat("--draft-ngram=1") == chat("--draft-ngram=0"));
}

TEST_CASE("cli: complete stops where the context is full, and says so") {
    const Outcome outcome = run({"complete", "-m", golden_gguf, "-p", "a", "-c", "20", "--temp", "0"});
    CHECK(outcome.status == 0);
    CHECK(outcome.err == "stopped: the context of 20 tokens is full\n");
}

TEST_CASE("cli: tokenize gives ids on one line") {
    const auto tokenize = [](std::vector<std::string> more, const std::string& text) {
        std::vector<std::string> arguments = {"tokenize", "-m", golden_gguf};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Outcome outcome = run(arguments, text);
        CHECK(outcome.status == 0);
        CHECK(outcome.err.empty());
        return outcome.out;
    };
    const std::string hello = tokenize({"--no-bos"}, "Hello\n");
    CHECK(lines(hello) == 1);
    CHECK(tokenize({}, "Hello\n") == "512 " + hello);
    CHECK(tokenize({}, "") == "512\n");
    CHECK(tokenize({"--no-bos"}, "") == "\n");
    CHECK(tokenize({"--no-bos"}, "<|eot_id|>") == "521\n");
    CHECK(tokenize({"--no-bos", "--no-parse-special"}, "<|eot_id|>").size() > 10);
    CHECK(tokenize({"--no-bos", "--special"}, "<|eot_id|>") == "521\n");
    CHECK(tokenize({"--no-special"}, "<|eot_id|>") == tokenize({"--no-parse-special"}, "<|eot_id|>"));
    CHECK(tokenize({"--no-bos"}, std::string("\0\xff", 2)) != "\n");
}

TEST_CASE("cli: complete reads the tokens that tokenize shows") {
    for (const std::string text : {"<|eot_id|>hi", "hi"}) {
        for (const std::vector<std::string>& flags : {std::vector<std::string>{}, {"--special"}, {"--no-special"}}) {
            std::vector<std::string> tokenize = {"tokenize", "-m", golden_gguf};
            std::vector<std::string> complete = {"complete", "-m", golden_gguf, "-p", text, "-n", "1", "--json"};
            tokenize.insert(tokenize.end(), flags.begin(), flags.end());
            complete.insert(complete.end(), flags.begin(), flags.end());
            const std::string ids = run(tokenize, text).out;
            const auto made = nlohmann::json::parse(run(complete).out);
            CHECK(made.at("prompt_tokens") == std::ranges::count(ids, ' ') + 1);
        }
    }
}

TEST_CASE("cli: logits are the same bits whatever the batch of output rows") {
    const TemporaryFolder folder;
    std::string tokens = "512";
    for (int i = 1; i < 150; ++i)
        tokens += "," + std::to_string(i * 37 % 528);
    const auto logits = [&](const std::string& name, const std::string& batch) {
        CHECK(run({"logits", "-m", golden_gguf, "--tokens", tokens, "--output", folder / name, "-b", batch}).status ==
              0);
        return read_text(folder / name);
    };
    const std::string all = logits("all", "512");
    CHECK(all.size() == std::size_t{150} * 528 * 4);
    CHECK(logits("again", "512") == all);
    CHECK(logits("pieces", "100").size() == all.size());
    write_text(folder / "old", "what was there");
    CHECK(logits("old", "512") == all);
    CHECK(folder.entries() == 4);
}

TEST_CASE("cli: bench prints a JSON list") {
    const Outcome outcome =
        run({"bench", "-m", golden_gguf, "-p", "5,16", "-n", "4", "-t", "1,2", "-r", "2", "--json"});
    CHECK(outcome.status == 0);
    const auto list = nlohmann::json::parse(outcome.out);
    REQUIRE(list.size() == 6);
    const std::vector<std::string> tests = {"pp5", "pp16", "tg4", "pp5", "pp16", "tg4"};
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(list[i].at("test") == tests[i]);
        CHECK(list[i].at("threads") == (i < 3 ? 1 : 2));
        CHECK(list[i].at("tokens_per_second").get<double>() > 0);
        REQUIRE(list[i].at("ffn_zeros").size() == 3);
        for (const auto& layer : list[i].at("ffn_zeros")) {
            for (const char* what : {"gate", "down"})
                CHECK((layer.at(what).get<double>() > 0.1 && layer.at(what).get<double>() < 1));
        }
    }
    const Outcome table = run({"bench", "-m", golden_gguf, "-p", "0", "-n", "4", "-t", "1", "-r", "1"});
    CHECK(lines(table.out) == 3 + 4 + 3);
    CHECK(table.out.find("zeros of feed-forward layers, the first tokens of each test\n") != std::string::npos);
    CHECK(table.out.find("\xc2\xb1") == std::string::npos);  // one repetition has no spread
    CHECK(table.out.find("tg4") != std::string::npos);
}

TEST_CASE("cli: synth writes a model that can be used, and says what it can't write") {
    const TemporaryFolder folder;
    const std::string model = folder / "model.gguf";
    // One layer of 2B4T's sizes: the embedding is most of it.
    REQUIRE(run({"synth", "--output", model, "--layers", "1", "--seed", "3", "--context", "5000"}).status == 0);
    CHECK(folder.entries() == 1);
    CHECK(run({"inspect", "-m", model}).out.find("context_length = 5000") != std::string::npos);
    const Outcome complete = run({"complete", "-m", model, "-p", "Hello", "-n", "2", "--temp", "0"});
    CHECK(complete.status == 0);
    CHECK(complete.err.empty());
}

TEST_CASE("cli: the text of a repeating synthetic model repeats its last token, with drafts and without") {
    const TemporaryFolder folder;
    const std::string model = folder / "model.gguf";
    REQUIRE(run({"synth", "--output", model, "--layers", "2", "--repeating"}).status == 0);
    for (const std::string ngram : {"0", "2"}) {
        const Outcome complete =
            run({"complete", "-m", model, "-p", "Hello", "-n", "20", "--temp", "0", "--draft-ngram", ngram});
        CHECK(complete.status == 0);
        CHECK(complete.out.find(std::string(20, 'o')) != std::string::npos);
    }
}

}  // namespace
