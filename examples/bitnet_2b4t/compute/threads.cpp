#include "threads.hpp"

#include <csignal>
#include <system_error>
#include <utility>

#if defined(__linux__)
#include <sched.h>
#endif

namespace bitnet {

namespace {

/// The processors that this process may run on, which in a container are fewer than the machine's.
int usable_processors() {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) == 0) return CPU_COUNT(&set);
#endif
    return static_cast<int>(std::thread::hardware_concurrency());
}

void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace

/// Waits until `value` isn't `old` any more: awake at first, then asleep.
void Threads::await_change(const std::atomic<std::uint32_t>& value, std::uint32_t old) const {
    for (int i = 0; i < patience_; ++i) {
        if (value.load(std::memory_order_acquire) != old) return;
        pause();
    }
    value.wait(old, std::memory_order_acquire);
}

Threads::Threads(int count) {
    const int threads = count > 0 ? count : std::max(1, usable_processors());
    if (threads <= usable_processors()) patience_ = 20000;
    workers_.reserve(static_cast<std::size_t>(threads));
    // Signals are for the caller: Ctrl-C must interrupt its wait for input, not a worker's for work.
    sigset_t all, before;
    sigfillset(&all);
    sigdelset(&all, SIGBUS);  // raised by a read of lost pages, it must come where it was raised
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        for (int worker = 1; worker < threads; ++worker)
            workers_.emplace_back([this, worker] { work(static_cast<std::size_t>(worker)); });
    } catch (const std::system_error&) {
        // The system allows no more: fewer do the same work.
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Threads::~Threads() {
    ending_ = true;
    ++round_;
    round_.notify_all();
    for (std::thread& thread : workers_)
        thread.join();
}

void Threads::run(std::size_t count, Job job) {
    if (workers_.empty() || count < 2 || count > UINT32_MAX) {
        for (std::size_t i = 0; i < count; ++i)
            job.call(job.function, i, 0);
        return;
    }
    job_ = job;
    job_.count = count;
    finished_.store(0, std::memory_order_relaxed);
    const std::uint32_t round = round_.load(std::memory_order_relaxed) + 1;
    ticket_.store(std::uint64_t{round} << 32 | count, std::memory_order_release);
    round_.store(round);  // in one order with the count of sleepers that notify_all looks at
    round_.notify_all();

    take_part(round, 0);
    for (std::uint32_t done = finished_.load(std::memory_order_acquire); done != count;
         done = finished_.load(std::memory_order_acquire)) {
        await_change(finished_, done);
    }
    if (failed_.test()) {
        failed_.clear();
        std::rethrow_exception(std::exchange(failure_, nullptr));
    }
}

/// Takes indices of a round until none is left. The job is only read by who has taken one: it can't end before that
/// one is finished, nor can the next begin.
void Threads::take_part(std::uint32_t round, std::size_t worker) {
    std::uint64_t ticket = ticket_.load(std::memory_order_acquire);
    while (ticket >> 32 == round && (ticket & UINT32_MAX) != 0) {
        if (!ticket_.compare_exchange_weak(ticket, ticket - 1, std::memory_order_acq_rel)) continue;
        const std::size_t index = job_.count - (ticket & UINT32_MAX);
        try {
            job_.call(job_.function, index, worker);
        } catch (...) {
            if (!failed_.test_and_set()) failure_ = std::current_exception();
        }
        const std::uint32_t last = static_cast<std::uint32_t>(job_.count);
        if (finished_.fetch_add(1, std::memory_order_acq_rel) + 1 == last) finished_.notify_one();
        ticket = ticket_.load(std::memory_order_acquire);
    }
}

void Threads::work(std::size_t worker) {
    for (std::uint32_t seen = 0;;) {
        await_change(round_, seen);
        seen = round_.load(std::memory_order_acquire);
        if (ending_) return;
        take_part(seen, worker);
    }
}

}  // namespace bitnet
