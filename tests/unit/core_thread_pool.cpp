#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <ternion/core/thread_pool.hpp>
#include <ternion/ternion.hpp>
#include <thread>
#include <vector>

#include "product.hpp"
#include "random_data.hpp"

namespace {

using ternion::ThreadPool;

static_assert(ternion::Executor<ThreadPool>);

TEST_CASE("every index is called once, by a worker that exists") {
    const int count = GENERATE(1, 2, 3, 8);
    const std::size_t indices = GENERATE(0, 1, 2, 7, 1000);
    ThreadPool threads(count);
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
    ThreadPool threads(4);
    std::vector<std::atomic<int>> busy(4);
    std::atomic<bool> clash = false;
    threads.parallel_for(2000, [&](std::size_t, std::size_t worker) {
        if (busy[worker].exchange(1) != 0) clash = true;
        busy[worker] = 0;
    });
    CHECK_FALSE(clash);
}

TEST_CASE("threads that have gone to sleep wake up") {
    ThreadPool threads(3);
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
    ThreadPool threads(count);
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

TEST_CASE("several threads call at once: each gets all its indices, once, and a worker that exists") {
    const int count = GENERATE(1, 3);
    constexpr std::size_t callers = 4, indices = 50, loops = 300;
    ThreadPool pool(count);
    std::atomic<std::size_t> wrong = 0, unknown_workers = 0;
    std::vector<std::thread> threads;
    for (std::size_t caller = 0; caller < callers; ++caller) {
        threads.emplace_back([&] {
            for (std::size_t loop = 0; loop < loops; ++loop) {
                std::vector<std::atomic<int>> calls(indices);
                pool.parallel_for(indices, [&](std::size_t index, std::size_t worker) {
                    ++calls[index];
                    if (worker >= pool.concurrency()) ++unknown_workers;
                });
                for (const auto& called : calls)
                    wrong += called != 1;
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    CHECK(wrong == 0);
    CHECK(unknown_workers == 0);
}

TEST_CASE("a loop that finds the pool busy runs at once, in order, on its caller's thread as worker 0") {
    ThreadPool pool(2);
    std::vector<std::size_t> order;
    bool own_thread = true;
    pool.parallel_for(2, [&](std::size_t index, std::size_t) {
        if (index != 0) return;
        // From another thread, while this loop can't end.
        std::thread([&] {
            const std::thread::id caller = std::this_thread::get_id();
            pool.parallel_for(5, [&](std::size_t inner, std::size_t worker) {
                order.push_back(inner);
                own_thread = own_thread && std::this_thread::get_id() == caller && worker == 0;
            });
        }).join();
    });
    CHECK(order == std::vector<std::size_t>{0, 1, 2, 3, 4});
    CHECK(own_thread);
}

TEST_CASE("a loop inside a loop runs all of its indices on the thread that it is in") {
    ThreadPool pool(3);
    std::vector<std::atomic<int>> calls(20 * 30);
    std::atomic<bool> own_thread = true;
    pool.parallel_for(20, [&](std::size_t outer, std::size_t) {
        const std::thread::id caller = std::this_thread::get_id();
        pool.parallel_for(30, [&](std::size_t inner, std::size_t worker) {
            ++calls[outer * 30 + inner];
            if (worker != 0 || std::this_thread::get_id() != caller) own_thread = false;
        });
    });
    CHECK(own_thread);
    for (const auto& called : calls)
        REQUIRE(called == 1);
}

TEST_CASE("an exception leaves a loop inside a loop, and the pool can be used again") {
    ThreadPool pool(3);
    const auto fail = [&] {
        pool.parallel_for(10, [&](std::size_t outer, std::size_t) {
            pool.parallel_for(10, [&](std::size_t inner, std::size_t) {
                if (outer == 4 && inner == 2) throw std::runtime_error("at 42");
            });
        });
    };
    for (int round = 0; round < 3; ++round) {
        CHECK_THROWS_MATCHES(fail(), std::runtime_error, Catch::Matchers::Message("at 42"));
        std::atomic<int> calls = 0;
        pool.parallel_for(10, [&](std::size_t, std::size_t) { ++calls; });
        CHECK(calls == 10);
    }
}

TEST_CASE("products, packing and quantising run on a pool") {
    ThreadPool pool(3);
    const test::Product product = test::Product::random({300, 257}, 9, 5);
    const auto packed = ternion::pack<ternion::Interleaved2x16>(product.trits, 300, 257, 0.5f, pool);
    std::vector<std::int32_t> y(9 * 300, test::poison);
    for (int layer = 0; layer < 200; ++layer) {  // as many regions as a decoder opens for a token
        ternion::multiply(packed.view(), product.x.view(), {0, 300}, ternion::Output<std::int32_t>{y.data(), 300},
                          pool);
        REQUIRE(y == product.expected);
        y.assign(y.size(), test::poison);
    }
    const auto x = test::random_floats(9 * 257, 3, 20);
    std::vector<float> on_pool(9 * 300);
    std::vector<float> serial(9 * 300);
    ternion::gemm(packed, std::span<const float>(x), 9, std::span(on_pool), pool);
    ternion::gemm(packed, std::span<const float>(x), 9, std::span(serial));
    CHECK(on_pool == serial);
}

}  // namespace
