#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>
#include <vector>

#include <bitnet/sampling.hpp>

namespace {

using bitnet::Sampler;
using bitnet::SamplingOptions;

/// Everything off but the draw.
SamplingOptions plain(std::uint64_t seed = 1) {
    SamplingOptions options;
    options.temperature = 1;
    options.top_k = 0;
    options.top_p = 1;
    options.min_p = 0;
    options.seed = seed;
    return options;
}

std::vector<float> logits_of(const std::vector<double>& probabilities) {
    std::vector<float> logits;
    for (const double p : probabilities)
        logits.push_back(static_cast<float>(std::log(p)) + 3);
    return logits;
}

std::vector<int> draws(const SamplingOptions& options, const std::vector<float>& logits, int count,
                       const std::vector<int>& history = {}) {
    Sampler sampler(options);
    std::vector<int> drawn;
    for (int i = 0; i < count; ++i)
        drawn.push_back(sampler(logits, history));
    return drawn;
}

std::set<int> drawn_at_all(const SamplingOptions& options, const std::vector<float>& logits) {
    const auto all = draws(options, logits, 4000);
    return {all.begin(), all.end()};
}

/// Pearson's statistic; of tokens that can't come, one draw is enough to fail.
double chi_square(const std::vector<int>& drawn, const std::vector<double>& probabilities) {
    std::vector<double> counts(probabilities.size());
    for (const int id : drawn)
        counts[static_cast<std::size_t>(id)] += 1;
    double sum = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const double expected = probabilities[i] * static_cast<double>(drawn.size());
        if (expected == 0) {
            CHECK(counts[i] == 0);
            continue;
        }
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    return sum;
}

constexpr double limit_3 = 16.27;  // chi square with 3 degrees of freedom exceeds it once in 1000

TEST_CASE("tokens are drawn with their probabilities") {
    const std::vector<double> p = {0.5, 0.05, 0.15, 0.3};
    const std::uint64_t seed = GENERATE(1u, 2u, 3u);
    CHECK(chi_square(draws(plain(seed), logits_of(p), 20000), p) < limit_3);
    // A distribution that is only a little different is told apart.
    CHECK(chi_square(draws(plain(seed), logits_of({0.45, 0.1, 0.15, 0.3}), 20000), p) > limit_3);
}

TEST_CASE("the temperature divides the logits") {
    const std::vector<double> p = {0.5, 0.05, 0.15, 0.3};
    SamplingOptions options = plain();
    options.temperature = GENERATE(0.25F, 0.5F, 2.0F);
    std::vector<double> expected;
    double total = 0;
    for (const double each : p) {
        expected.push_back(std::pow(each, 1 / static_cast<double>(options.temperature)));
        total += expected.back();
    }
    for (double& each : expected)
        each /= total;
    CHECK(chi_square(draws(options, logits_of(p), 20000), expected) < limit_3);
}

TEST_CASE("at temperature 0 the likeliest token comes, the first of equals") {
    SamplingOptions options;
    options.temperature = 0;
    Sampler sampler(options);
    CHECK(sampler(std::vector<float>{1, 3, 2}, {}) == 1);
    CHECK(sampler(std::vector<float>{1, 3, 2, 3}, {}) == 1);
    CHECK(sampler(std::vector<float>{-1e30F, -1e31F}, {}) == 0);
}

TEST_CASE("top-k keeps the k likeliest, the lower ids of equals") {
    const auto logits = logits_of({0.1, 0.2, 0.2, 0.2, 0.3});
    SamplingOptions options = plain();
    const auto kept = [&](int k) {
        options.top_k = k;
        return drawn_at_all(options, logits);
    };
    CHECK(kept(1) == std::set{4});
    CHECK(kept(3) == std::set{1, 2, 4});
    CHECK(kept(4) == std::set{1, 2, 3, 4});
    CHECK(kept(0) == std::set{0, 1, 2, 3, 4});
    CHECK(kept(100) == std::set{0, 1, 2, 3, 4});
    options.top_k = 2;
    CHECK(chi_square(draws(options, logits_of({0.2, 0.2, 0.1, 0.5}), 20000), {2.0 / 7, 0, 0, 5.0 / 7}) < 10.83);
}

TEST_CASE("top-p keeps the likeliest tokens until they have p together") {
    const auto logits = logits_of({0.1, 0.45, 0.15, 0.3});
    SamplingOptions options = plain();
    const auto kept = [&](float p) {
        options.top_p = p;
        return drawn_at_all(options, logits);
    };
    CHECK(kept(0) == std::set{1});
    CHECK(kept(0.44F) == std::set{1});
    CHECK(kept(0.46F) == std::set{1, 3});
    CHECK(kept(0.74F) == std::set{1, 3});
    CHECK(kept(0.76F) == std::set{1, 2, 3});
    CHECK(kept(0.95F) == std::set{0, 1, 2, 3});
    CHECK(kept(1) == std::set{0, 1, 2, 3});
    // Before the temperature: a hot one would spread the probability over more tokens.
    options.temperature = 100;
    CHECK(kept(0.74F) == std::set{1, 3});
}

TEST_CASE("min-p keeps tokens that are at least that share as likely as the likeliest") {
    const auto logits = logits_of({0.05, 0.5, 0.15, 0.3});
    SamplingOptions options = plain();
    const auto kept = [&](float p) {
        options.min_p = p;
        return drawn_at_all(options, logits);
    };
    CHECK(kept(0.09F) == std::set{0, 1, 2, 3});
    CHECK(kept(0.11F) == std::set{1, 2, 3});
    CHECK(kept(0.31F) == std::set{1, 3});
    CHECK(kept(0.61F) == std::set{1});
    CHECK(kept(1) == std::set{1});
}

TEST_CASE("the repetition penalty divides positive and multiplies negative logits, once a token") {
    SamplingOptions options;
    options.temperature = 0;
    options.repeat_penalty = 2;
    const auto choice = [&](const std::vector<float>& logits, const std::vector<int>& history) {
        return Sampler(options)(logits, history);
    };
    CHECK(choice({4, 2.1F}, {}) == 0);
    CHECK(choice({4, 2.1F}, {0}) == 1);
    CHECK(choice({4, 1.9F}, {0, 0, 0}) == 0);
    CHECK(choice({-1, -1.9F}, {0}) == 1);
    CHECK(choice({-1, -2.1F}, {0}) == 0);
    CHECK(choice({4, 2.1F}, {-1, 1000, 0}) == 1);  // ids that are none

    options.repeat_last_n = 2;
    CHECK(choice({4, 2.1F}, {0, 5, 5}) == 0);
    CHECK(choice({4, 2.1F}, {5, 0, 5}) == 1);
    options.repeat_last_n = 0;
    CHECK(choice({4, 2.1F}, {0}) == 0);
    options.repeat_last_n = -1;
    CHECK(choice({4, 2.1F}, std::vector<int>(1000, 0)) == 1);
}

TEST_CASE("the penalty changes what is drawn, as the formula says") {
    SamplingOptions options = plain();
    options.repeat_penalty = 1.5F;
    const std::vector<float> logits = {1.2F, -0.4F, 0.3F, 0.9F};
    std::vector<double> expected = {std::exp(1.2 / 1.5), std::exp(-0.4 * 1.5), std::exp(0.3), std::exp(0.9)};
    double total = 0;
    for (const double each : expected)
        total += each;
    for (double& each : expected)
        each /= total;
    CHECK(chi_square(draws(options, logits, 20000, {0, 1, 1}), expected) < limit_3);
}

TEST_CASE("the same seed gives the same tokens, another one others") {
    const std::vector<float> logits(1000, 0);
    SamplingOptions options;
    options.top_k = 0;
    options.seed = 7;
    const auto first = draws(options, logits, 50);
    CHECK(draws(options, logits, 50) == first);
    options.seed = 8;
    CHECK(draws(options, logits, 50) != first);
}

TEST_CASE("logits that are no numbers are refused") {
    std::vector<float> logits = {1, 2, 3};
    logits[GENERATE(0u, 2u)] =
        GENERATE(std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity());
    SamplingOptions options;
    options.temperature = GENERATE(0.0F, 1.0F);
    Sampler sampler(options);
    CHECK_THROWS_AS(sampler(logits, {}), std::runtime_error);
    CHECK_THROWS_AS(sampler(std::vector<float>{}, {}), std::runtime_error);
}

}  // namespace
