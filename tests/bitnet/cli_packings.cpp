#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli_program.hpp"
#include "files_fixture.hpp"

namespace {

using namespace bitnet_tests;

/// Those that this program has: two in one that chooses among instruction sets.
std::vector<std::string> known() {
    const std::string refusal = run({"bench", "-m", golden_gguf, "--packing", "no_such"}).err;
    const std::string before = "expected one of ", behind = ", found no_such";
    const std::size_t begin = refusal.find(before), end = refusal.find(behind);
    REQUIRE((begin != refusal.npos && end != refusal.npos));
    std::istringstream list(refusal.substr(begin + before.size(), end - begin - before.size()));
    std::vector<std::string> names;
    for (std::string name; std::getline(list >> std::ws, name, ',');)
        names.push_back(name);
    return names;
}

TEST_CASE("cli: the logits are the same in every packing, in each bit") {
    const TemporaryFolder folder;
    const auto logits = [&](const std::string& model, const std::vector<std::string>& more) {
        std::vector<std::string> arguments = {"logits",      "-m",       model,         "--tokens",
                                              "1,7,9,300,2", "--output", folder / "out"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Outcome outcome = run(arguments);
        INFO(outcome.err);
        REQUIRE(outcome.status == 0);
        return read_text(folder / "out");
    };
    const auto names = known();
    REQUIRE(names.size() >= 2);
    for (const std::string& model : {golden_gguf, std::string(TESTS_DIR "/golden/families/qwen3-g128.gguf")}) {
        const std::string expected = logits(model, {});
        REQUIRE_FALSE(expected.empty());
        for (const std::string& name : names) {
            if (model != golden_gguf && name.starts_with("tq")) continue;  // one scale for 256 inputs, not for 128
            CAPTURE(name, model);
            CHECK(logits(model, {"--packing", name}) == expected);
        }
    }
}

TEST_CASE("cli: bench says which packing it has measured, and refuses one that there isn't with the list") {
    for (const std::string& name : known()) {
        const Outcome outcome =
            run({"bench", "-m", golden_gguf, "-p", "0", "-n", "2", "-r", "1", "--packing", name, "--json"});
        REQUIRE(outcome.status == 0);
        const auto list = nlohmann::json::parse(outcome.out);
        CHECK(list.at(0).at("packing") == name);
        CHECK(list.at(0).at("memory_bytes").get<double>() > 0);
        CHECK(list.at(0).at("load_seconds").get<double>() > 0);
    }
    check_refused({"bench", "-m", golden_gguf, "--packing", "i3s"}, 2,
                  {"--packing: packing: expected one of ", "interleaved2x16", "found i3s"});
    if (std::ranges::count(known(), "tq2_0") != 0) {
        check_refused({"bench", "-m", TESTS_DIR "/golden/families/qwen3-g128.gguf", "--packing", "tq2_0"}, 1,
                      {"different scales", "one for 256 inputs"});
    }
    check_refused({"bench", "-m", golden_gguf, "--packing", ""}, 2, {"--packing", "expected one of"});
}

}  // namespace
