#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>

#include "shape.hpp"

namespace ternion {

/// What runs work on several threads. `concurrency()` is how many run at once; `parallel_for(count, f)` calls
/// f(index, worker) for every index below count, possibly at the same time, with worker < concurrency(), and returns
/// when all are done. The library starts no thread of its own: pass Serial, OpenMP (openmp.hpp), ThreadPool
/// (thread_pool.hpp) or the pool you have.
/// Results never depend on it.
template <class E>
concept Executor = requires(E& executor, void (*f)(std::size_t, std::size_t)) {
    { executor.concurrency() } -> std::convertible_to<std::size_t>;
    executor.parallel_for(std::size_t{}, f);
};

/// Runs everything on the calling thread. The default.
struct Serial {
    [[nodiscard]] static constexpr std::size_t concurrency() noexcept { return 1; }

    template <class F>
    static void parallel_for(std::size_t count, F&& f) {
        for (std::size_t i = 0; i < count; ++i)
            f(i, std::size_t{0});
    }
};

/// Splits 0 .. count - 1 into one contiguous range for each worker, at multiples of `step`, and calls f(begin, end) for
/// each range that isn't empty: a worker then streams one piece of memory, in order.
template <class E, class F>
void split(std::size_t count, std::size_t step, E& executor, F&& f) {
    static_assert(Executor<E>, "the last argument is no Executor: it needs concurrency() and parallel_for(count, f)");
    const std::size_t steps = ceil_div(count, step);
    const std::size_t workers = std::min<std::size_t>(executor.concurrency(), steps);
    if (workers <= 1) {
        if (count != 0) f(std::size_t{0}, count);
        return;
    }
    executor.parallel_for(workers, [&](std::size_t index, std::size_t) {
        const std::size_t begin = steps * index / workers * step;
        const std::size_t end = (std::min)(count, steps * (index + 1) / workers * step);
        f(begin, end);
    });
}

/// Calls f(begin, end) for `count` independent items in chunks of `chunk`, at least 1, whatever the executor: a worker
/// that is free takes the next one. A single chunk runs at once, without waking anybody.
template <class E, class F>
void in_chunks(E& executor, std::size_t count, std::size_t chunk, F&& f) {
    static_assert(Executor<E>, "the first argument is no Executor: it needs concurrency() and parallel_for(count, f)");
    if (count <= chunk) return f(std::size_t{0}, count);
    executor.parallel_for(ceil_div(count, chunk), [&](std::size_t index, std::size_t) {
        f(index * chunk, (std::min)(count, (index + 1) * chunk));
    });
}

}  // namespace ternion
