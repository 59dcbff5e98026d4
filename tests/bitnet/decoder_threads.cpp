#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <chrono>
#include <stdexcept>
#include <ternion/ternion.hpp>

#include "compute/threads.hpp"

namespace {

using bitnet::in_chunks;
using bitnet::Threads;

static_assert(ternion::Executor<Threads>);

TEST_CASE("every index is called once, by a worker that exists") {
    const int count = GENERATE(1, 2, 3, 8);
    const std::size_t indices = GENERATE(0, 1, 2, 7, 1000);
    Threads threads(count);
    REQUIRE(threads.concurrency() == static_cast<std::size_t>(count));
    for (int round = 0; round < 50; ++round) {
        std::vector<std::atomic<int>> calls(indices);
        std::atomic<bool> worker_exists = true;
        threads.parallel_for(indices, [&](std::size_t index, std::size_t worker) {
            ++calls[index];
            if (worker >= threads.concurrency()) worker_exists = false;
        });
        CHECK(worker_exists);
        for (const auto& called : calls)
            REQUIRE(called == 1);
    }
}

TEST_CASE("no worker does two things at a time") {
    Threads threads(4);
    std::vector<std::atomic<int>> busy(4);
    std::atomic<bool> clash = false;
    threads.parallel_for(2000, [&](std::size_t, std::size_t worker) {
        if (busy[worker].exchange(1) != 0) clash = true;
        busy[worker] = 0;
    });
    CHECK_FALSE(clash);
}

TEST_CASE("threads that have gone to sleep wake up") {
    Threads threads(3);
    for (int round = 0; round < 5; ++round) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        // Each of the three waits for the other two: one thread alone couldn't finish.
        std::atomic<int> arrived = 0;
        threads.parallel_for(3, [&](std::size_t, std::size_t) {
            ++arrived;
            while (arrived < 3)
                std::this_thread::yield();
        });
        CHECK(arrived == 3);
    }
}

TEST_CASE("an exception in a loop comes out of it, and the threads can be used again") {
    const int count = GENERATE(1, 3);
    Threads threads(count);
    const auto fail = [&] {
        threads.parallel_for(100, [](std::size_t index, std::size_t) {
            if (index == 42) throw std::runtime_error("at 42");
        });
    };
    for (int round = 0; round < 3; ++round) {
        CHECK_THROWS_MATCHES(fail(), std::runtime_error, Catch::Matchers::Message("at 42"));
        std::atomic<int> calls = 0;
        threads.parallel_for(10, [&](std::size_t, std::size_t) { ++calls; });
        CHECK(calls == 10);
    }
}

TEST_CASE("chunks cover all items without overlap") {
    Threads threads(3);
    const std::size_t count = GENERATE(0, 1, 7, 8, 9, 100);
    std::vector<std::atomic<int>> seen(count);
    in_chunks(threads, count, 8, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i)
            ++seen[i];
    });
    for (const auto& times : seen)
        REQUIRE(times == 1);
}

}  // namespace
