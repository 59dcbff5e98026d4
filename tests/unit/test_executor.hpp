#pragma once

// Executors for tests: one interface over all of them, so that a kernel is compiled once, and a pool of std::thread.

#include <atomic>
#include <cstddef>
#include <functional>
#include <ternion/ternion.hpp>
#include <thread>
#include <vector>

namespace test {

/// An executor of any kind, behind a virtual function.
class AnyExecutor {
 public:
    using Work = std::function<void(std::size_t, std::size_t)>;

    virtual ~AnyExecutor() = default;
    [[nodiscard]] virtual std::size_t concurrency() const = 0;

    template <class F>
    void parallel_for(std::size_t count, F&& f) {
        run(count, std::ref(f));
    }

 protected:
    virtual void run(std::size_t count, const Work& work) = 0;
};

template <class E>
class Erased : public AnyExecutor {
 public:
    explicit Erased(E executor = {}) : executor_(std::move(executor)) {}
    [[nodiscard]] std::size_t concurrency() const override { return executor_.concurrency(); }

 private:
    void run(std::size_t count, const Work& work) override { executor_.parallel_for(count, work); }

    E executor_;
};

/// What an engine may bring along: threads that take the next index when they have done one, in no fixed order.
class ThreadPool {
 public:
    explicit ThreadPool(std::size_t threads) : threads_(threads) {}

    [[nodiscard]] std::size_t concurrency() const { return threads_; }

    template <class F>
    void parallel_for(std::size_t count, F&& f) const {
        std::atomic<std::size_t> next{0};
        const auto work = [&](std::size_t worker) {
            for (std::size_t i = next++; i < count; i = next++)
                f(i, worker);
        };
        std::vector<std::thread> threads;
        for (std::size_t worker = 1; worker < threads_; ++worker)
            threads.emplace_back(work, worker);
        work(0);
        for (auto& thread : threads)
            thread.join();
    }

 private:
    std::size_t threads_;
};

}  // namespace test
