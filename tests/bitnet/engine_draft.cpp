#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "engine/draft.hpp"

namespace {

using bitnet::look_up_draft;

std::vector<int> draft(const std::vector<int>& tokens, std::size_t ngram, std::size_t most) {
    return look_up_draft(tokens, ngram, most);
}

TEST_CASE("a draft is what followed the last time") {
    CHECK(draft({1, 2, 3, 4, 1, 2}, 2, 6) == std::vector{3, 4, 1, 2, 3, 4});
    CHECK(draft({1, 2, 3, 4, 1, 2}, 2, 1) == std::vector{3});
    CHECK(draft({1, 2, 3, 1, 2, 4, 1, 2}, 2, 1) == std::vector{4});
    CHECK(draft({7, 7, 7}, 1, 3) == std::vector{7, 7, 7});
    CHECK(draft({7, 7, 7}, 2, 2) == std::vector{7, 7});
    CHECK(draft({1, 2, 3}, 1, 8).empty());
    CHECK(draft({5, 2, 3, 4, 1, 2}, 2, 8).empty());
    CHECK(draft({1, 1}, 2, 8).empty());
    CHECK(draft({1, 1}, 3, 8).empty());
    CHECK(draft({}, 1, 8).empty());
    CHECK(draft({1, 2, 1}, 1, 0).empty());
}

}  // namespace
