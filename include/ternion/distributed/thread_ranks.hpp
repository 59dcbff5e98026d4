#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "communicator.hpp"

namespace ternion {

/// Ranks that are threads of one process: to test what is written for a Communicator, with any number of them. What MPI
/// would answer with a hang or with wrong bytes is an exception here: other collectives or sizes on some rank.
class ThreadRanks {
 public:
    /// Thrown on ranks that wait for one that failed.
    struct OtherRankFailed : std::runtime_error {
        using std::runtime_error::runtime_error;
    };

    /// One rank; a model of Communicator. The ThreadRanks must outlive it.
    class Rank {
     public:
        Rank(ThreadRanks& ranks, std::size_t rank) : ranks_(&ranks), rank_(rank) {}

        [[nodiscard]] std::size_t rank() const noexcept { return rank_; }
        [[nodiscard]] std::size_t size() const noexcept { return ranks_->size_; }

        void all_gather(std::span<std::byte> all, std::span<const std::size_t> ends) {
            check_ends(all, ends);
            exchange("all_gather", all, [&](std::size_t r, const std::byte* from) { copy_part(all, ends, r, from); });
        }
        void gather(std::span<std::byte> all, std::span<const std::size_t> ends) {
            check_ends(all, ends);
            exchange("gather", all, [&](std::size_t r, const std::byte* from) {
                if (rank_ == 0) copy_part(all, ends, r, from);
            });
        }
        void all_reduce_sum(std::span<std::int32_t> values) {
            reduce("all_reduce_sum", values, [](std::int32_t a, std::int32_t b) {
                return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
            });
        }
        void all_reduce_max(std::span<std::int32_t> values) {
            reduce("all_reduce_max", values, [](std::int32_t a, std::int32_t b) { return a > b ? a : b; });
        }
        void broadcast(std::span<std::byte> bytes) {
            exchange("broadcast", bytes, [&](std::size_t r, const std::byte* from) {
                if (r == 0 && rank_ != 0) std::copy_n(from, bytes.size(), bytes.data());
            });
        }
        /// Throws; the others, who wait for this rank, throw OtherRankFailed.
        [[noreturn]] void abort(const std::string& why) {
            ranks_->fail();
            throw std::runtime_error(why);
        }

     private:
        void check_ends(std::span<const std::byte> all, std::span<const std::size_t> ends) const {
            if (ends.size() == size() && ends.back() == all.size() && std::is_sorted(ends.begin(), ends.end())) return;
            ranks_->fail();
            throw std::logic_error("ThreadRanks: the parts of a gather don't make up the whole");
        }
        void copy_part(std::span<std::byte> all, std::span<const std::size_t> ends, std::size_t r,
                       const std::byte* from) const {
            const std::size_t begin = r == 0 ? 0 : ends[r - 1];
            if (r != rank_) std::copy_n(from + begin, ends[r] - begin, all.data() + begin);
        }
        /// take(r, bytes) sees the bytes of every rank while none of them returns. All calls are
        /// compared first: where two differ, each rank finds one that isn't its own, and takes nothing.
        template <class F>
        void exchange(const char* name, std::span<std::byte> bytes, F&& take) {
            ranks_->posts_[rank_] = {name, bytes};
            ranks_->meet();
            for (std::size_t r = 0; r < size(); ++r) {
                const Post& post = ranks_->posts_[r];
                if (std::strcmp(post.name, name) != 0 || post.bytes.size() != bytes.size()) {
                    ranks_->fail();
                    throw std::logic_error("ThreadRanks: rank " + std::to_string(rank_) + " calls " + name + " of " +
                                           std::to_string(bytes.size()) + " bytes, rank " + std::to_string(r) + " " +
                                           post.name + " of " + std::to_string(post.bytes.size()) + " bytes");
                }
            }
            for (std::size_t r = 0; r < size(); ++r)
                take(r, ranks_->posts_[r].bytes.data());
            ranks_->meet();
        }
        template <class F>
        void reduce(const char* name, std::span<std::int32_t> values, F&& join) {
            std::vector<std::int32_t> result;
            exchange(name, std::as_writable_bytes(values), [&](std::size_t, const std::byte* from) {
                const auto* other = reinterpret_cast<const std::int32_t*>(from);
                if (result.empty()) return result.assign(other, other + values.size());
                std::transform(result.begin(), result.end(), other, result.begin(), join);
            });
            std::copy(result.begin(), result.end(), values.begin());
        }

        ThreadRanks* ranks_;
        std::size_t rank_;
    };

    explicit ThreadRanks(std::size_t size) : size_(size), posts_(size) {}

    [[nodiscard]] Rank rank(std::size_t r) { return {*this, r}; }

    /// Calls f(rank) for each of `size` ranks, each on a thread of its own, and waits for all of them. The first
    /// exception that isn't a consequence of another rank's is thrown again.
    template <class F>
    static void run(std::size_t size, F&& f) {
        ThreadRanks ranks(size);
        std::vector<std::exception_ptr> failures(size);
        std::vector<std::thread> threads;
        for (std::size_t r = 0; r < size; ++r) {
            threads.emplace_back([&, r] {
                try {
                    f(ranks.rank(r));
                } catch (const OtherRankFailed&) {
                } catch (...) {
                    failures[r] = std::current_exception();
                    ranks.fail();
                }
            });
        }
        for (std::thread& thread : threads)
            thread.join();
        for (const std::exception_ptr& failure : failures)
            if (failure) std::rethrow_exception(failure);
    }

 private:
    struct Post {
        const char* name = "";
        std::span<std::byte> bytes = {};
    };

    void fail() {
        const std::lock_guard lock(mutex_);
        failed_ = true;
        changed_.notify_all();
    }
    /// Returns when all ranks have come here.
    void meet() {
        std::unique_lock lock(mutex_);
        const std::size_t meeting = meetings_;
        if (++waiting_ == size_) {
            waiting_ = 0;
            ++meetings_;
            changed_.notify_all();
        }
        changed_.wait(lock, [&] { return meeting != meetings_ || failed_; });
        if (meeting == meetings_) throw OtherRankFailed("another rank has failed");
    }

    std::size_t size_;
    std::vector<Post> posts_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t waiting_ = 0, meetings_ = 0;
    bool failed_ = false;
};

}  // namespace ternion
