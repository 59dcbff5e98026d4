#pragma once

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

#include "cli_program.hpp"
#include "files_fixture.hpp"

// Log-probabilities by a naive computation, in double, from what `logits` writes of the golden model.
namespace bitnet_tests {

inline constexpr std::size_t vocab = 528;
inline constexpr int bos = 512;

inline std::vector<int> tokens_of(const std::string& text) {
    const Outcome outcome = run({"tokenize", "-m", golden_gguf, "--no-bos", "--no-parse-special"}, text);
    REQUIRE(outcome.status == 0);
    std::istringstream numbers(outcome.out);
    std::vector<int> ids;
    for (int id; numbers >> id;)
        ids.push_back(id);
    return ids;
}

/// The log-probability of each token after those before it, from the whole softmax; that of the first is 0.
inline std::vector<double> naive(const std::vector<int>& tokens) {
    const TemporaryFolder folder;
    std::string list;
    for (const int id : tokens)
        list += (list.empty() ? "" : ",") + std::to_string(id);
    REQUIRE(
        run({"logits", "-m", golden_gguf, "--tokens", list, "--output", folder / "out", "--kv-type", "f32"}).status ==
        0);
    const std::string bytes = read_text(folder / "out");
    REQUIRE(bytes.size() == tokens.size() * vocab * sizeof(float));
    std::vector<double> results = {0};
    for (std::size_t i = 1; i < tokens.size(); ++i) {
        std::vector<float> row(vocab);
        std::memcpy(row.data(), bytes.data() + (i - 1) * vocab * sizeof(float), vocab * sizeof(float));
        double sum = 0;
        for (const float logit : row)
            sum += std::exp(static_cast<double>(logit));
        results.push_back(static_cast<double>(row[static_cast<std::size_t>(tokens[i])]) - std::log(sum));
    }
    return results;
}

/// The sum of log-probabilities of the tokens from `given` on.
inline double naive_sum(const std::vector<int>& tokens, std::size_t given) {
    const std::vector<double> each = naive(tokens);
    double sum = 0;
    for (std::size_t i = given; i < each.size(); ++i)
        sum += each[i];
    return sum;
}

/// A choice's after the context.
inline double naive_sum(const std::string& context, const std::string& choice) {
    std::vector<int> tokens = tokens_of(context + " " + choice);
    tokens.insert(tokens.begin(), bos);
    return naive_sum(tokens, 1 + tokens_of(context).size());
}

}  // namespace bitnet_tests
