#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#include <signal.h>
#endif

#include "first_failure.hpp"
#include "function_ref.hpp"
#include "processors.hpp"

#if defined(__cpp_exceptions)
#include <system_error>
#endif

namespace ternion {

namespace thread_pool_detail {

/// While it lives, threads that this one starts get no signals: those are for the caller, whose wait for input Ctrl-C
/// must interrupt, not a worker's for work. SIGBUS, raised by a read of lost pages, must come where it was raised.
class WithoutSignals {
 public:
#if defined(__unix__) || defined(__APPLE__)
    WithoutSignals() {
        sigset_t all;
        sigfillset(&all);
        sigdelset(&all, SIGBUS);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~WithoutSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
    sigset_t before_;
#else
    WithoutSignals() {}
    ~WithoutSignals() {}

 public:
#endif
    WithoutSignals(const WithoutSignals&) = delete;
    WithoutSignals& operator=(const WithoutSignals&) = delete;
};

/// Leaves the core to its other hardware thread for a moment.
inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
    asm volatile("pause");
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace thread_pool_detail

/// An executor with threads of its own. Indices are taken one by one by whoever is free, so a thread that the system
/// has put to sleep holds nobody up unless it has begun something. Between loops the threads stay awake for about a
/// millisecond, since a token has hundreds of short loops, and then sleep: that is worth 15 % of decoding
/// (docs/tried.md). Where there are more threads than processors, they give way at once.
///
/// Any number of threads may call parallel_for at the same time: the first gets the pool, and whoever finds it busy
/// runs its own loop by itself, with worker 0, without waiting. So does a loop inside a loop. The process must not
/// fork once a pool has been made and go on computing in the child: threads aren't copied, and a loop would never end.
class ThreadPool {
 public:
    /// `threads` threads with the caller's; 0: as many as this process may use (processors.hpp). Fewer where the system
    /// allows no more. Always one where the platform has none, such as WebAssembly without threads.
    explicit ThreadPool(int threads = 0);
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;
    ~ThreadPool();

    [[nodiscard]] std::size_t concurrency() const noexcept { return workers_.size() + 1; }

    /// Calls f(index, worker) for every index below count, worker < concurrency(). The first exception is thrown again.
    template <class F>
    void parallel_for(std::size_t count, F&& f) {
        const bool alone = workers_.empty() || count < 2 || count > UINT32_MAX;
        if (alone || busy_.test_and_set(std::memory_order_acquire)) {
            for (std::size_t i = 0; i < count; ++i)
                f(i, std::size_t{0});
            return;
        }
        FirstFailure failure;
        run(count, [&](std::size_t index, std::size_t worker) { failure.guard([&] { f(index, worker); }); });
        busy_.clear(std::memory_order_release);
        failure.rethrow();
    }

 private:
    using Job = FunctionRef<void(std::size_t index, std::size_t worker)>;
    static constexpr auto nothing = [](std::size_t, std::size_t) {};

    void run(std::size_t count, const Job& job);
    std::uint32_t take_part(std::uint32_t round, std::uint64_t ticket, std::size_t worker);
    void work(std::size_t worker);
    void await_change(const std::atomic<std::uint32_t>& value, std::uint32_t old) const;

    /// The round in the upper half, indices not yet taken in the lower.
    static std::uint64_t ticket_of(std::uint32_t round, std::uint32_t left) noexcept {
        return std::uint64_t{round} << 32 | left;
    }

    // A short product waits for cache lines that go from one core to the other, so there is one for what the caller
    // says, one for what the threads answer, and one that only the caller touches.
    alignas(64) std::atomic<std::uint32_t> round_{0};  // what waiting threads watch
    std::atomic<std::uint32_t> first_left_{0};         // of this round's ticket, before anybody took one
    std::atomic<bool> ending_{false};
    int patience_ = 100;     // times of waiting awake, of about 50 ns
    Job job_{nothing};       // of this round
    std::size_t count_ = 0;  // of its indices

    alignas(64) std::atomic<std::uint64_t> ticket_{0};
    std::atomic<std::uint32_t> finished_{0};  // indices of this round, by others than the caller

    alignas(64) std::atomic_flag busy_;  // held by the caller whose loop runs
    std::vector<std::thread> workers_;
};

inline ThreadPool::ThreadPool([[maybe_unused]] int threads) {
#if !defined(__EMSCRIPTEN__) || defined(__EMSCRIPTEN_PTHREADS__)
    const int usable = usable_processors();
    if (threads <= 0) threads = usable;
    if (threads <= usable) patience_ = 20000;
    workers_.reserve(static_cast<std::size_t>(threads));
    const thread_pool_detail::WithoutSignals without_signals;
    const auto start = [&] {
        for (int worker = 1; worker < threads; ++worker)
            workers_.emplace_back([this, worker] { work(static_cast<std::size_t>(worker)); });
    };
#if defined(__cpp_exceptions)
    try {
        start();
    } catch (const std::exception&) {
        // The system allows no more threads, or has no memory for them: fewer do the same work.
    }
#else
    start();
#endif
#endif
}

inline ThreadPool::~ThreadPool() {
    ending_ = true;
    ++round_;
    round_.notify_all();
    for (std::thread& thread : workers_)
        thread.join();
}

/// Waits until `value` isn't `old` any more: awake at first, then asleep.
inline void ThreadPool::await_change(const std::atomic<std::uint32_t>& value, std::uint32_t old) const {
    for (int i = 0; i < patience_; ++i) {
        if (value.load(std::memory_order_acquire) != old) return;
        thread_pool_detail::pause();
    }
    value.wait(old, std::memory_order_acquire);
}

/// The caller's first index is its own, without a ticket.
inline void ThreadPool::run(std::size_t count, const Job& job) {
    const std::uint32_t round = round_.load(std::memory_order_relaxed) + 1;
    const auto left = static_cast<std::uint32_t>(count - 1);
    finished_.store(0, std::memory_order_relaxed);
    ticket_.store(ticket_of(round, left), std::memory_order_relaxed);
    job_ = job;
    count_ = count;
    first_left_.store(left, std::memory_order_relaxed);
    round_.store(round);  // publishes the rest; in one order with the count of sleepers that notify_all looks at
    round_.notify_all();

    job(0, 0);
    const std::uint32_t others = left - take_part(round, ticket_.load(std::memory_order_relaxed), 0);
    for (std::uint32_t done = finished_.load(std::memory_order_acquire); done != others;
         done = finished_.load(std::memory_order_acquire)) {
        await_change(finished_, done);
    }
}

/// Takes indices of a round until none is left, and says how many; `ticket` is a guess of the present one. The job is
/// only read by who has taken one: it can't end before that one is finished, nor can the next begin.
inline std::uint32_t ThreadPool::take_part(std::uint32_t round, std::uint64_t ticket, std::size_t worker) {
    std::uint32_t taken = 0;
    while (ticket >> 32 == round && (ticket & UINT32_MAX) != 0) {
        if (!ticket_.compare_exchange_weak(ticket, ticket - 1, std::memory_order_relaxed)) continue;
        job_(count_ - (ticket & UINT32_MAX), worker);
        ++taken;
        if (worker != 0) {
            finished_.fetch_add(1, std::memory_order_acq_rel);
            finished_.notify_one();
        }
        ticket = ticket_.load(std::memory_order_relaxed);
    }
    return taken;
}

/// Takes part in each round. Looking at the ticket before taking one would fetch its cache line twice.
inline void ThreadPool::work(std::size_t worker) {
    for (std::uint32_t seen = 0;;) {
        await_change(round_, seen);
        seen = round_.load(std::memory_order_acquire);
        if (ending_.load(std::memory_order_relaxed)) return;
        take_part(seen, ticket_of(seen, first_left_.load(std::memory_order_relaxed)), worker);
    }
}

}  // namespace ternion
