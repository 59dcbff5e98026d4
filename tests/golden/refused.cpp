#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <map>
#include <set>
#include <string>

#include "golden.hpp"

using namespace bitnet_tests;

namespace {

// Of the models that may be computed or refused: what is so today.
const std::map<std::string, bool> computed = {
    {"act-silu-hf", true}, {"rope-linear-hf", true},    {"rope-linear-old-key.gguf", true}, {"bias-hf", false},
    {"bias.gguf", false},  {"scale-beside.gguf", true}, {"scale-beside-f16.gguf", true},
};

}  // namespace

TEST_CASE("a file that says what this program doesn't do is refused by name, and every other is computed as it says") {
    const auto description = nlohmann::json::parse(read_text(golden_refuse + "/cases.json"));
    const auto tokens = description.at("tokens").get<std::vector<int>>();
    std::map<std::string, std::size_t> kinds;
    std::set<std::string> named = {"cases.json"}, files;
    for (const auto& entry : std::filesystem::directory_iterator(golden_refuse))
        files.insert(entry.path().filename().string());
    for (const auto& one : description.at("cases")) {
        const std::string file = one.at("file"), kind = one.at("kind");
        INFO(file << ": " << one.at("why").get<std::string>());
        ++kinds[kind];
        named.insert(file);
        std::vector<float> logits;
        const std::string line =
            refusal([&] { logits = Loaded(golden_refuse + "/" + file, 1).logits(tokens, tokens.size()); });
        if (kind == "golden" || (kind == "either" && computed.at(file))) {
            CHECK(line.empty());
            named.insert(one.at("logits").get<std::string>());
            CHECK(relative_rms<double>(
                      logits, read_doubles(golden_refuse + "/" + one.at("logits").get<std::string>())) <= 1e-5);
        } else {
            CHECK_THAT(line, Catch::Matchers::StartsWith(golden_refuse + "/" + file));
            if (one.contains("logits")) named.insert(one["logits"].get<std::string>());
        }
    }
    CHECK(kinds == std::map<std::string, std::size_t>{{"golden", 7}, {"either", 7}, {"refuse", 11}});
    for (const std::string& file : files) {
        INFO(file);
        CHECK((named.contains(file) || file == "relu.logits.f64"));
    }
}
