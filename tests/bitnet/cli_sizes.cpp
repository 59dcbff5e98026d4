#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli_program.hpp"
#include "files/named_sizes.hpp"
#include "files_fixture.hpp"

namespace {

using namespace bitnet_tests;
using nlohmann::json;

TEST_CASE("cli: a table of sizes measures what fits and predicts the rest from it") {
    const std::vector<std::string> command = {"bench", "--synthetic", "2B4T,125m",     "-p", "8", "-n", "3",
                                              "-r",    "1",           "--most-memory", "400"};
    const Outcome outcome = [&] {
        auto with_json = command;
        with_json.emplace_back("--json");
        return run(with_json);
    }();
    INFO(outcome.err);
    REQUIRE(outcome.status == 0);
    const json list = json::parse(outcome.out);
    REQUIRE(list.size() == 2);
    const json &small = list[0], &large = list[1];
    CHECK(small.at("size") == "125m");
    CHECK(small.at("predicted") == false);
    CHECK(large.at("predicted") == true);
    const auto number = [](const json& row, const char* key) { return row.at(key).get<double>(); };
    CHECK(number(small, "share_of_limit") > 0);
    CHECK_FALSE(large.contains("share_of_limit"));
    const auto bytes = [&](const json& row) { return number(row.at("bytes_per_token"), "all"); };
    const double slower = number(large, "seconds_per_token") / number(small, "seconds_per_token");
    CHECK(std::abs(slower - bytes(large) / bytes(small)) < 1e-9 * slower);
    CHECK(number(large, "first_token_seconds") > number(small, "first_token_seconds"));
    CHECK(number(large, "memory_bytes") > 1.2e9);
    CHECK(number(small, "memory_bytes") < 4e8);
}

TEST_CASE("cli: all sizes have a row in 80 columns, also where none fits") {
    const Outcome outcome = run({"bench", "--synthetic", "all", "-p", "8", "-n", "3", "--most-memory", "1"});
    INFO(outcome.out << outcome.err);
    REQUIRE(outcome.status == 0);
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);)
        CHECK(line.size() <= 80);
    for (const bitnet::NamedSize& size : bitnet::named_sizes())
        CHECK(outcome.out.find("\n" + std::string(size.name) + " ") != std::string::npos);
    CHECK(outcome.out.find(" ? ") != std::string::npos);  // nothing to predict from
}

TEST_CASE("cli: what a table of sizes can't have is refused before anything is measured") {
    check_refused({"bench", "--synthetic", "125M,2B5T"}, 1, {"expected one of 2B4T, ", "found 2B5T"});
    check_refused({"bench", "--synthetic", "125M,"}, 1, {"expected one of 2B4T, "});
    check_refused({"bench", "--synthetic", "all", "-p", "8,16"}, 2, {"expected one number with several sizes"});
    check_refused({"bench", "--synthetic", "all", "-p", "0"}, 2, {"expected lengths above 0"});
    check_refused({"bench", "--synthetic", "125M", "--most-memory", "5"}, 2, {"expected several sizes"});
    check_refused({"bench", "--synthetic", "all", "-p", "3000"}, 1, {"at most 2048 tokens"});
}

}  // namespace
