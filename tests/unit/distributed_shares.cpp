#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <ternion/distributed/column_gather.hpp>
#include <ternion/distributed/thread_ranks.hpp>
#include <ternion/ternion.hpp>
#include <vector>

namespace {

using namespace ternion;

TEST_CASE("Shares cover everything once, as evenly as steps allow", "[distributed]") {
    for (const std::size_t count : {0, 1, 2, 5, 16, 64, 65, 127, 640}) {
        for (const std::size_t ranks : {1, 2, 3, 4, 5, 7, 200}) {
            for (const std::size_t step : {1, 16, 64}) {
                CAPTURE(count, ranks, step);
                const Shares shares(count, ranks, step);
                CHECK((shares.ranks() == ranks && shares.count() == count));
                std::size_t end = 0, least = count + step, most = 0;
                for (std::size_t r = 0; r < ranks; ++r) {
                    CHECK(shares.begin(r) == end);
                    CHECK((shares.begin(r) % step == 0 || shares.size(r) == 0));
                    end = shares.end(r);
                    const std::size_t steps = ceil_div(shares.size(r), step);
                    least = std::min(least, steps);
                    most = std::max(most, steps);
                }
                CHECK(end == count);
                CHECK(most - least <= 1);
            }
        }
    }
    const Shares heads(5, 3);
    CHECK(heads.times(128).end(1) == heads.end(1) * 128);
    CHECK(heads.within(1, 4).count() == 3);
}

TEST_CASE("Columns that ranks have are gathered in their places", "[distributed]") {
    for (const std::size_t size : {1, 2, 3, 7}) {
        for (const std::size_t m : {0, 1, 2, 5}) {
            CAPTURE(size, m);
            constexpr std::size_t n = 11, ld = 13;
            const auto value = [](std::size_t token, std::size_t column) {
                return static_cast<float>(100 * token + column);
            };
            std::vector<std::vector<float>> all(size), first(size);
            ThreadRanks::run(size, [&](ThreadRanks::Rank rank) {
                const std::size_t r = rank.rank();
                const Shares shares(n, size);
                std::vector<float> own;
                for (std::size_t token = 0; token < m; ++token)
                    for (std::size_t c = shares.begin(r); c < shares.end(r); ++c)
                        own.push_back(value(token, c));
                all[r].assign(m * ld, -1);
                first[r].assign(m * ld, -1);
                ColumnGather gather;
                gather.all(rank, shares, m, std::span<const float>(own), all[r].data(), ld);
                gather.to_first(rank, shares, m, std::span<const float>(own), r == 0 ? first[r].data() : nullptr, ld);
            });
            std::vector<float> expected(m * ld, -1);
            for (std::size_t token = 0; token < m; ++token)
                for (std::size_t c = 0; c < n; ++c)
                    expected[token * ld + c] = value(token, c);
            for (std::size_t r = 0; r < size; ++r)
                CHECK(all[r] == expected);
            CHECK(first[0] == expected);
        }
    }
}

}  // namespace
