#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <ternion/distributed/any_communicator.hpp>
#include <ternion/distributed/thread_ranks.hpp>
#include <vector>

namespace {

using namespace ternion;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::MessageMatches;

static_assert(Communicator<SingleProcess> && Communicator<ThreadRanks::Rank> && Communicator<AnyCommunicator>);

TEST_CASE("Ranks exchange what their collectives say", "[distributed]") {
    for (const std::size_t size : {1, 2, 3, 5}) {
        CAPTURE(size);
        std::vector<int> right(size);
        ThreadRanks::run(size, [&](ThreadRanks::Rank rank) {
            const std::size_t r = rank.rank();
            ErasedCommunicator any(rank);
            const auto n = static_cast<std::int32_t>(size);
            const auto self = static_cast<std::int32_t>(r);
            std::vector<std::int32_t> sums{self, std::numeric_limits<std::int32_t>::max(), -1}, peaks{-self, self};
            any.all_reduce_sum(sums);
            any.all_reduce_max(peaks);
            const auto wrapped = static_cast<std::int32_t>(0x7fffffffU * static_cast<std::uint32_t>(size));
            bool good = sums == std::vector{n * (n - 1) / 2, wrapped, -n} && peaks == std::vector{0, n - 1};

            std::vector<std::byte> bytes(2, r == 0 ? std::byte{7} : std::byte{0});
            any.broadcast(bytes);
            good = good && bytes == std::vector(2, std::byte{7});

            // Rank r has r bytes.
            std::vector<std::size_t> ends;
            for (std::size_t i = 0; i < size; ++i)
                ends.push_back(i * (i + 1) / 2);
            std::vector<std::byte> parts(ends.back()), expected;
            for (std::size_t i = 0; i < size; ++i)
                expected.insert(expected.end(), i, static_cast<std::byte>(i));
            for (std::size_t i = ends[r] - r; i < ends[r]; ++i)
                parts[i] = static_cast<std::byte>(r);
            any.gather(parts, ends);
            good = good && (r != 0 || parts == expected);
            any.all_gather(parts, ends);
            right[r] = good && parts == expected && any.cost().collectives == 5;
        });
        CHECK(right == std::vector<int>(size, 1));
    }
}

TEST_CASE("A rank that fails, or does something else, ends what all do", "[distributed]") {
    CHECK_THROWS_MATCHES(ThreadRanks::run(3,
                                          [](ThreadRanks::Rank rank) {
                                              if (rank.rank() == 1) throw std::runtime_error("rank 1 is ill");
                                              std::vector<std::int32_t> values(4);
                                              rank.all_reduce_sum(values);
                                          }),
                         std::runtime_error, MessageMatches(ContainsSubstring("rank 1 is ill")));
    // Rank 1 differs: the others, who agree, take nothing of each other either, for their buffers may be gone.
    CHECK_THROWS_MATCHES(ThreadRanks::run(3,
                                          [](ThreadRanks::Rank rank) {
                                              std::vector<std::int32_t> values(rank.rank() == 1 ? 5 : 4);
                                              rank.all_reduce_sum(values);
                                          }),
                         std::logic_error, MessageMatches(ContainsSubstring("all_reduce_sum of 20 bytes")));
    CHECK_THROWS_MATCHES(ThreadRanks::run(2,
                                          [](ThreadRanks::Rank rank) {
                                              std::vector<std::int32_t> values(4 + rank.rank());
                                              rank.all_reduce_sum(values);
                                          }),
                         std::logic_error, MessageMatches(ContainsSubstring("all_reduce_sum of 16 bytes")));
    CHECK_THROWS_MATCHES(ThreadRanks::run(2,
                                          [](ThreadRanks::Rank rank) {
                                              std::vector<std::int32_t> values(4);
                                              rank.rank() == 0 ? rank.all_reduce_sum(values)
                                                               : rank.all_reduce_max(values);
                                          }),
                         std::logic_error, MessageMatches(ContainsSubstring("all_reduce_max of 16 bytes")));
    CHECK_THROWS_MATCHES(ThreadRanks::run(4, [](ThreadRanks::Rank rank) { rank.abort("no memory"); }),
                         std::runtime_error, MessageMatches(ContainsSubstring("no memory")));
}

}  // namespace
