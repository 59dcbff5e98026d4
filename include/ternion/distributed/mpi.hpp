#pragma once

#include <mpi.h>

#include <chrono>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "communicator.hpp"

namespace ternion {

/// The ranks of an MPI communicator; a model of Communicator. MPI is the caller's to initialise, with
/// MPI_THREAD_SERIALIZED where several threads take turns. A rank that waits lets other processes have its core. All
/// collectives but `broadcast`, with which ranks await their work, end the whole job if they take longer than
/// `patience`: a rank that hangs doesn't make the others hang. Whatever ends the job is said in one line on standard
/// error, which names this rank.
class MpiCommunicator {
 public:
    using Seconds = std::chrono::duration<double>;

    /// `program` opens the lines about faults, and must outlive this, as the communicator must.
    MpiCommunicator(MPI_Comm communicator, Seconds patience, const char* program)
        : communicator_(communicator), patience_(patience), program_(program) {
        int rank = 0, size = 1;
        MPI_Comm_set_errhandler(communicator, MPI_ERRORS_RETURN);
        MPI_Comm_rank(communicator, &rank);
        MPI_Comm_size(communicator, &size);
        rank_ = static_cast<std::size_t>(rank);
        size_ = static_cast<std::size_t>(size);
        for (std::vector<int>* numbers : {&counts_, &begins_})
            numbers->resize(size_);
    }

    [[nodiscard]] std::size_t rank() const noexcept { return rank_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    void all_gather(std::span<std::byte> all, std::span<const std::size_t> ends) {
        place(all, ends);
        complete("all-gather", all.size(), true, [&](MPI_Request* request) {
            return MPI_Iallgatherv(MPI_IN_PLACE, 0, MPI_BYTE, all.data(), counts_.data(), begins_.data(), MPI_BYTE,
                                   communicator_, request);
        });
    }
    void gather(std::span<std::byte> all, std::span<const std::size_t> ends) {
        place(all, ends);
        complete("gather", all.size(), true, [&](MPI_Request* request) {
            const void* own = rank_ == 0 ? MPI_IN_PLACE : all.data() + begins_[rank_];
            return MPI_Igatherv(own, counts_[rank_], MPI_BYTE, all.data(), counts_.data(), begins_.data(), MPI_BYTE, 0,
                                communicator_, request);
        });
    }
    void all_reduce_sum(std::span<std::int32_t> values) { reduce(values, MPI_UINT32_T, MPI_SUM, "sum"); }
    void all_reduce_max(std::span<std::int32_t> values) { reduce(values, MPI_INT32_T, MPI_MAX, "maximum"); }
    void broadcast(std::span<std::byte> bytes) {
        complete("broadcast", bytes.size(), rank_ == 0, [&](MPI_Request* request) {
            return MPI_Ibcast(bytes.data(), count_of(bytes.size()), MPI_BYTE, 0, communicator_, request);
        });
    }

    /// Ends all ranks.
    [[noreturn]] void abort(const std::string& why) {
        std::fprintf(stderr, "%s: rank %zu of %zu: %s\n", program_, rank_, size_, why.c_str());
        std::fflush(stderr);
        MPI_Abort(communicator_, 1);
        std::abort();  // not reached
    }

 private:
    [[nodiscard]] int count_of(std::size_t bytes) {
        if (bytes > std::size_t{INT_MAX}) abort("a collective of " + std::to_string(bytes) + " bytes, more than 2^31");
        return static_cast<int>(bytes);
    }
    void place(std::span<const std::byte> all, std::span<const std::size_t> ends) {
        (void)count_of(all.size());
        for (std::size_t r = 0; r < size_; ++r) {
            begins_[r] = static_cast<int>(r == 0 ? 0 : ends[r - 1]);
            counts_[r] = static_cast<int>(ends[r]) - begins_[r];
        }
    }
    void reduce(std::span<std::int32_t> values, MPI_Datatype type, MPI_Op operation, const char* name) {
        complete(name, values.size_bytes(), true, [&](MPI_Request* request) {
            return MPI_Iallreduce(MPI_IN_PLACE, values.data(), count_of(values.size()), type, operation, communicator_,
                                  request);
        });
    }

    /// Starts a collective and waits for it: at first eagerly, because most take microseconds, then in small sleeps.
    template <class F>
    void complete(const char* name, std::size_t bytes, bool watched, F&& start) {
        constexpr int eager = 256;
        constexpr std::chrono::milliseconds patient{5};
        MPI_Request request = MPI_REQUEST_NULL;
        check(start(&request), name);
        int done = 0;
        for (int turn = 0; turn < eager; ++turn) {
            check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), name);
            if (done != 0) return;
        }
        const auto begin = std::chrono::steady_clock::now();
        for (;;) {
            check(MPI_Test(&request, &done, MPI_STATUS_IGNORE), name);
            if (done != 0) return;
            const auto waited = std::chrono::steady_clock::now() - begin;
            if (watched && waited > patience_) {
                abort("the other ranks: expected an answer within " +
                      std::to_string(static_cast<long>(patience_.count())) + " s, found none (" + name + " of " +
                      std::to_string(bytes) + " bytes)");
            }
            waited < patient ? std::this_thread::yield() : std::this_thread::sleep_for(std::chrono::microseconds(100));
        }
    }
    void check(int status, const char* name) {
        if (status == MPI_SUCCESS) return;
        char text[MPI_MAX_ERROR_STRING] = "";
        int length = 0;
        MPI_Error_string(status, text, &length);
        abort(std::string(name) + ": " + text);
    }

    MPI_Comm communicator_;
    Seconds patience_;
    const char* program_;
    std::size_t rank_ = 0, size_ = 1;
    std::vector<int> counts_, begins_;
};

}  // namespace ternion
