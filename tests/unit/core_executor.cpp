#include <catch2/catch_test_macros.hpp>
#include <ternion/core/executor.hpp>
#include <utility>
#include <vector>

#include "test_executor.hpp"

#if defined(_OPENMP)
#include <ternion/core/openmp.hpp>
#endif

namespace {

using namespace ternion;
using Range = std::pair<std::size_t, std::size_t>;

static_assert(Executor<Serial> && Executor<const Serial> && Executor<test::ThreadPool> && Executor<test::AnyExecutor>);
static_assert(!Executor<std::vector<int>>);

/// Claims to run on many threads, and runs everything on one, last index first.
struct Backwards {
    std::size_t threads;
    std::size_t most = 0;

    [[nodiscard]] std::size_t concurrency() const { return threads; }
    template <class F>
    void parallel_for(std::size_t count, F&& f) {
        most = std::max(most, count);
        for (std::size_t i = count; i-- > 0;)
            f(i, i % threads);
    }
};

TEST_CASE("split covers every index once, in whole steps, and calls for no empty range", "[executor]") {
    std::size_t splits = 0;
    for (const std::size_t workers : {0, 1, 2, 3, 5, 16, 40}) {
        for (const std::size_t step : {1, 2, 3, 16}) {
            for (std::size_t count = 0; count <= 90; ++count) {
                Backwards executor{workers};
                std::vector<Range> ranges;
                split(count, step, executor,
                      [&](std::size_t begin, std::size_t end) { ranges.push_back({begin, end}); });
                std::sort(ranges.begin(), ranges.end());
                std::size_t covered = 0;
                bool good = ranges.size() <= std::max<std::size_t>(workers, 1) && executor.most <= workers;
                for (const auto& [begin, end] : ranges) {
                    good = good && begin == covered && end > begin && begin % step == 0;
                    covered = end;
                }
                if (!good || covered != count) {
                    FAIL_CHECK(count << " in steps of " << step << " for " << workers << " workers");
                }
                ++splits;
            }
        }
    }
    CHECK(splits == 7 * 4 * 91);
}

TEST_CASE("chunks cover all items without overlap, the same ones on any executor", "[executor]") {
    for (const std::size_t count : {0, 1, 7, 8, 9, 16, 100}) {
        std::vector<Range> expected;
        for (std::size_t begin = 0; begin == 0 || begin < count; begin += 8)
            expected.push_back({begin, std::min<std::size_t>(count, begin + 8)});
        for (const std::size_t workers : {1, 3}) {
            Backwards executor{workers};
            std::vector<Range> ranges;
            in_chunks(executor, count, 8, [&](std::size_t begin, std::size_t end) { ranges.push_back({begin, end}); });
            std::sort(ranges.begin(), ranges.end());
            CHECK(ranges == expected);
        }
    }
}

TEST_CASE("split shares work evenly", "[executor]") {
    Backwards executor{3};
    std::vector<std::size_t> sizes;
    split(20, 1, executor, [&](std::size_t begin, std::size_t end) { sizes.push_back(end - begin); });
    REQUIRE(sizes.size() == 3);
    for (const std::size_t size : sizes)
        CHECK((size == 6 || size == 7));
}

template <class E>
void check_parallel_for(E&& executor, std::size_t concurrency) {
    REQUIRE(executor.concurrency() == concurrency);
    for (const std::size_t count : {0, 1, 2, 7, 100}) {
        std::vector<std::atomic<int>> calls(count);
        std::atomic<bool> in_range = true;
        executor.parallel_for(count, [&](std::size_t index, std::size_t worker) {
            if (index >= count || worker >= concurrency) {
                in_range = false;
            } else {
                ++calls[index];
            }
        });
        CHECK(in_range);
        std::size_t once = 0;
        for (const auto& number : calls)
            once += number == 1;
        CHECK(once == count);
    }
}

TEST_CASE("an executor calls each index once, with a worker that exists", "[executor]") {
    check_parallel_for(Serial{}, 1);
    for (const std::size_t threads : {1, 2, 3, 8})
        check_parallel_for(test::ThreadPool(threads), threads);
#if defined(_OPENMP)
    for (const int threads : {1, 2, 3, 8})
        check_parallel_for(OpenMP(threads), static_cast<std::size_t>(threads));
    check_parallel_for(OpenMP(), static_cast<std::size_t>(omp_get_max_threads()));
#endif
}

TEST_CASE("Serial runs in order", "[executor]") {
    std::vector<std::size_t> order;
    Serial::parallel_for(4, [&](std::size_t index, std::size_t worker) {
        CHECK(worker == 0);
        order.push_back(index);
    });
    CHECK(order == std::vector<std::size_t>{0, 1, 2, 3});
}

#if defined(_OPENMP)
TEST_CASE("an exception reaches who called OpenMP", "[executor]") {
    const auto fail = [](std::size_t index, std::size_t) {
        if (index % 2 == 1) throw std::runtime_error("odd");
    };
    CHECK_THROWS_AS(OpenMP(3).parallel_for(8, fail), std::runtime_error);
    CHECK_NOTHROW(OpenMP(3).parallel_for(1, fail));
}

TEST_CASE("OpenMP has at least one thread", "[executor]") {
    CHECK(OpenMP(0).concurrency() == 1);
    CHECK(OpenMP(-3).concurrency() == 1);
}
#endif

}  // namespace
