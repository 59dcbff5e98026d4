#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli_program.hpp"
#include "files_fixture.hpp"

namespace {

using namespace bitnet_tests;

const std::vector<std::string> parts = {"q, k, v", "o", "gate, up", "down", "attention", "norms", "head"};

TEST_CASE("cli: report has a row for each part, in 80 columns, and draws a chart") {
    const TemporaryFolder folder;
    const std::string svg = folder / "token.svg";
    const Outcome outcome =
        run({"report", "-m", golden_gguf, "-p", "8", "-n", "4", "-r", "1", "-t", "2", "--chart", svg});
    INFO(outcome.out << outcome.err);
    REQUIRE(outcome.status == 0);
    std::istringstream lines(outcome.out);
    std::string line;
    std::getline(lines, line);
    CHECK(line == golden_gguf);
    while (std::getline(lines, line)) {
        INFO(line);
        CHECK(line.size() <= 80);
    }
    for (const std::string& part : parts)
        CHECK(outcome.out.find("\n" + part + " ") != std::string::npos);
    for (const char* text : {"2 threads, tokens 9 to 12", "a token ", "\nternary ", "\nint8 ", "\nF16 ", "45 nm",
                             "7 nm", "energy, measured: "})
        CHECK(outcome.out.find(text) != std::string::npos);
    CHECK(read_text(svg).starts_with("<svg"));
}

TEST_CASE("cli: report's JSON adds up") {
    const Outcome outcome = run({"report", "-m", golden_gguf, "-p", "8", "-n", "4", "-r", "2", "--json"});
    REQUIRE(outcome.status == 0);
    const auto json = nlohmann::json::parse(outcome.out);
    double seconds = 0, bytes = 0;
    for (const std::string& part : parts) {
        seconds += json.at("parts").at(part).at("seconds").get<double>();
        bytes += json.at("parts").at(part).at("bytes").get<double>();
        CHECK(json.at("parts").at(part).at("seconds").get<double>() > 0);
    }
    CHECK(json.at("parts").size() == parts.size());
    CHECK(seconds <= json.at("seconds_per_token").get<double>());
    const auto& energy = json.at("estimated_energy");
    CHECK(energy.size() == 4);
    CHECK(energy.at("ternary").at("bytes") == bytes);
    CHECK(energy.at("F16").at("bytes").get<double>() > energy.at("int8").at("bytes").get<double>());
    CHECK(energy.at("int8").at("joules").at("7 nm").at("arithmetic").get<double>() >
          energy.at("ternary").at("joules").at("7 nm").at("arithmetic").get<double>());
    CHECK(json.at("measured_joules").is_null() == json.contains("why_not_measured"));
}

TEST_CASE("cli: report measures models with norms of their own before each layer, too") {
    const Outcome outcome = run({"report", "-m", TESTS_DIR "/golden/families/bitnet-embedding.gguf", "-p", "4", "-n",
                                 "2", "-r", "1", "--json", "--full-head"});
    REQUIRE(outcome.status == 0);
    const auto json = nlohmann::json::parse(outcome.out);
    for (const std::string& part : parts)
        CHECK(json.at("parts").at(part).at("seconds").get<double>() > 0);
}

TEST_CASE("cli: what report can't do is refused") {
    check_refused({"report"}, 2, {"-m, or --synthetic"});
    check_refused({"report", "-m", golden_gguf, "--synthetic", "2B4T"}, 2, {"excludes"});
    check_refused({"report", "--synthetic", "2B5T"}, 1, {"expected one of 2B4T, ", "found 2B5T"});
    check_refused({"report", "-m", golden_gguf, "-p", "500", "-n", "20"}, 1,
                  {"at most 512 tokens (-p and -n)", "found 520"});
    check_refused({"report", "-m", golden_gguf, "-n", "0"}, 2, {"--n-gen", "found 0"});
    check_refused({"report", "-m", golden_gguf, "-n", "1", "-r", "1", "--chart", "-"}, 1, {"the name of a file"});
    check_refused({"report", "-m", golden_gguf, "-n", "1", "-r", "1", "--chart", golden_gguf}, 1, {golden_gguf});
}

}  // namespace
