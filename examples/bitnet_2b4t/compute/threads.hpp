#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

namespace bitnet {

/// The threads that run the decoder's loops: an executor for ternion's operations. Indices are taken one by one by
/// whoever is free, so a thread that the system has put to sleep holds nobody up unless it has begun something. Between
/// loops the threads stay awake for about a millisecond, since a token has hundreds of short loops, and then sleep:
/// that is worth 15 % of decoding (docs/performance.md). Where there are more threads than processors, they give way at
/// once. One loop at a time.
class Threads {
 public:
    /// `count` threads with the caller's; 0: as many as this process may use.
    explicit Threads(int count = 0);
    Threads(Threads&) = delete;
    Threads& operator=(Threads&) = delete;
    ~Threads();

    std::size_t concurrency() const { return workers_.size() + 1; }

    /// Calls f(index, worker) for every index below count, worker < concurrency(). The first exception is thrown again.
    template <class F>
    void parallel_for(std::size_t count, F&& f) {
        run(count, {[](void* function, std::size_t index, std::size_t worker) {
                        (*static_cast<std::remove_reference_t<F>*>(function))(index, worker);
                    },
                    const_cast<void*>(static_cast<const void*>(std::addressof(f)))});
    }

 private:
    struct Job {
        void (*call)(void* function, std::size_t index, std::size_t worker) = nullptr;
        void* function = nullptr;
        std::size_t count = 0;
    };

    void run(std::size_t count, Job job);
    void take_part(std::uint32_t round, std::size_t worker);
    void work(std::size_t worker);
    void await_change(const std::atomic<std::uint32_t>& value, std::uint32_t old) const;

    int patience_ = 100;  // turns of waiting awake, of about 50 ns
    Job job_;
    std::atomic<std::uint64_t> ticket_{0};    // the round in the upper half, indices not yet taken in the lower
    std::atomic<std::uint32_t> round_{0};     // what sleeping threads wait for
    std::atomic<std::uint32_t> finished_{0};  // indices of this round
    std::atomic<bool> ending_{false};
    std::atomic_flag failed_;
    std::exception_ptr failure_;
    std::vector<std::thread> workers_;
};

/// f(begin, end) over `count` independent items, in chunks whose size depends on nothing but `chunk`. A single chunk
/// runs at once, without waking anybody.
template <class F>
void in_chunks(Threads& threads, std::size_t count, std::size_t chunk, F&& f) {
    if (count <= chunk) return f(std::size_t{0}, count);
    threads.parallel_for((count + chunk - 1) / chunk, [&](std::size_t index, std::size_t) {
        f(index * chunk, std::min(count, (index + 1) * chunk));
    });
}

}  // namespace bitnet
