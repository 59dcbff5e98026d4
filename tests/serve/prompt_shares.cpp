#include "serve/prompt_shares.hpp"

#include <catch2/catch_test_macros.hpp>
#include <numeric>
#include <random>

using bitnet::serve::prompt_shares;
using Sizes = std::vector<std::size_t>;

TEST_CASE("of several prompts those that end soonest are read first, and the earliest gets on") {
    CHECK(prompt_shares({}, 32).empty());
    CHECK(prompt_shares(Sizes{5}, 32) == Sizes{5});
    CHECK(prompt_shares(Sizes{500}, 32) == Sizes{32});
    CHECK(prompt_shares(Sizes{32, 32, 32}, 32) == Sizes{32, 0, 0});
    CHECK(prompt_shares(Sizes{500, 20, 10}, 32) == Sizes{8, 14, 10});
    CHECK(prompt_shares(Sizes{500, 400, 3}, 32) == Sizes{8, 21, 3});
    CHECK(prompt_shares(Sizes{500, 3}, 1) == Sizes{1, 0});
}

TEST_CASE("shares use all that a step may read, and no prompt gets more than it has") {
    std::mt19937 random(7);
    for (int turn = 0; turn < 1000; ++turn) {
        Sizes unread(1 + random() % 9);
        for (std::size_t& one : unread)
            one = 1 + random() % 100;
        const std::size_t most = 1 + random() % 64;
        const Sizes shares = prompt_shares(unread, most);
        REQUIRE(shares.size() == unread.size());
        for (std::size_t i = 0; i < shares.size(); ++i)
            REQUIRE(shares[i] <= unread[i]);
        REQUIRE(shares[0] > 0);
        const auto sum = [](const Sizes& list) { return std::accumulate(list.begin(), list.end(), std::size_t{0}); };
        REQUIRE(sum(shares) == std::min(most, sum(unread)));
    }
}
