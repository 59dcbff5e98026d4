#pragma once

#include <ternion/ternion.h>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <ternion/core/first_failure.hpp>

#include "arguments.hpp"

namespace ternion_c {

/// The caller's threads as an Executor of the library; those of NULL are the calling one alone. Exceptions of a task,
/// which must not leave it, are thrown again where the tasks were asked for. Throws std::runtime_error where a task was
/// left out or run twice: its share of the results would be missing.
class CallbackExecutor {
 public:
    explicit CallbackExecutor(const ternion_executor* executor) : executor_(executor) {
        if (executor == nullptr) return;
        if (executor->parallel_for == nullptr) refuse("executor has no parallel_for: it is NULL");
        if (executor->concurrency >= 1 && executor->concurrency <= most_tasks) return;
        refuse("executor has a concurrency of " + std::to_string(executor->concurrency) + ": expected 1 to " +
               std::to_string(most_tasks));
    }

    [[nodiscard]] std::size_t concurrency() const noexcept { return executor_ == nullptr ? 1 : executor_->concurrency; }

    /// As Executor asks; count is at most concurrency(), and a task is its own worker.
    template <class F>
    void parallel_for(std::size_t count, F&& f) const {
        Work<F> work{f, count, {}, {}};
        executor_->parallel_for(executor_->pool, count, Work<F>::run, &work);
        // A sum tells tasks apart that a count doesn't; neither can wrap.
        const std::uint64_t expected = (std::uint64_t{count} << 32) + std::uint64_t{count} * (count - 1) / 2;
        if (work.finished.load(std::memory_order_acquire) != expected) {
            throw std::runtime_error("executor: parallel_for was to run each of " + std::to_string(count) +
                                     " tasks once, and ran " + std::to_string(work.finished.load() >> 32));
        }
        work.failure.rethrow();
    }

 private:
    static constexpr std::size_t most_tasks = 65536;

    template <class F>
    struct Work {
        F& f;
        std::size_t count;
        ternion::FirstFailure failure;
        std::atomic<std::uint64_t> finished;  // how many in the upper half, the sum of their indices in the lower one

        static void run(void* data, std::size_t index) noexcept {
            auto& work = *static_cast<Work*>(data);
            if (index < work.count) work.failure.guard([&] { work.f(index, index); });
            const std::uint64_t known = index < work.count ? index : 0;
            work.finished.fetch_add((std::uint64_t{1} << 32) + known, std::memory_order_acq_rel);
        }
    };

    const ternion_executor* executor_;
};

}  // namespace ternion_c
