#pragma once

// A pool as an engine may bring it: its threads live as long as it does and spin for work, so that a region costs two
// passes of a cache line between cores, and not two calls of the system. Nothing of the library knows of it.

#include <atomic>
#include <cstddef>
#include <ternion/core/function_ref.hpp>
#include <thread>
#include <vector>

namespace test {

class SpinningPool {
 public:
    explicit SpinningPool(std::size_t threads) {
        for (std::size_t worker = 1; worker < threads; ++worker)
            threads_.emplace_back([this, worker] { serve(worker); });
    }
    SpinningPool(const SpinningPool&) = delete;
    SpinningPool& operator=(const SpinningPool&) = delete;
    ~SpinningPool() {
        work_ = nullptr;
        region_.fetch_add(1, std::memory_order_release);
        for (auto& thread : threads_)
            thread.join();
    }

    [[nodiscard]] std::size_t concurrency() const { return threads_.size() + 1; }

    /// One region at a time; f must not throw.
    template <class F>
    void parallel_for(std::size_t count, const F& f) {
        const Work work = f;
        work_ = &work;
        count_ = count;
        next_.store(0, std::memory_order_relaxed);
        busy_.store(threads_.size(), std::memory_order_relaxed);
        region_.fetch_add(1, std::memory_order_release);
        take_part(0);
        wait_until([&] { return busy_.load(std::memory_order_acquire) == 0; });
    }

 private:
    using Work = ternion::FunctionRef<void(std::size_t, std::size_t)>;

    /// Spins, but leaves the core to others now and then: there may be more threads than cores.
    template <class Condition>
    static void wait_until(const Condition& condition) {
        for (unsigned spins = 1; !condition(); ++spins)
            if (spins % 1024 == 0) std::this_thread::yield();
    }

    void take_part(std::size_t worker) {
        for (std::size_t i = next_++; i < count_; i = next_++)
            (*work_)(i, worker);
    }

    void serve(std::size_t worker) {
        for (unsigned region = 0;;) {
            wait_until([&] { return region_.load(std::memory_order_acquire) != region; });
            ++region;
            if (work_ == nullptr) return;
            take_part(worker);
            busy_.fetch_sub(1, std::memory_order_release);
        }
    }

    std::vector<std::thread> threads_;
    const Work* work_ = nullptr;
    std::size_t count_ = 0;
    std::atomic<std::size_t> next_{0};
    std::atomic<std::size_t> busy_{0};
    std::atomic<unsigned> region_{0};
};

}  // namespace test
