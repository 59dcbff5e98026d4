#include "ranks.hpp"

#include <bitnet/ranks.hpp>

#ifdef BITNET_MPI
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <ternion/distributed/mpi.hpp>

#include <program/io/file_error.hpp>
#include <program/io/mapped_file.hpp>
#endif

namespace bitnet::cli {

#ifdef BITNET_MPI

using namespace program;
namespace {

std::shared_ptr<ternion::AnyCommunicator>& started() {
    static std::shared_ptr<ternion::AnyCommunicator> ranks;
    return ranks;
}

/// Whether a launcher has started this process: MPI itself takes a while to start, and wants programs of its own.
bool launched() {
    static constexpr const char* names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMI_RANK", "PMIX_RANK"};
    return std::ranges::any_of(names, [](const char* name) { return std::getenv(name) != nullptr; });
}

/// How long each rank waits for the others, in seconds, as rank 0 was told. 0 where that is no time, which rank 0 says.
double patience() {
    int rank = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    const char* const given = std::getenv("BITNET_RANK_TIMEOUT");
    double seconds = 60;
    if (rank == 0 && given != nullptr) {
        char* end = nullptr;
        seconds = std::strtod(given, &end);
        if (end == given || *end != '\0' || !(seconds > 0)) {
            seconds = 0;
            std::fprintf(stderr, "bitnet-2b4t: BITNET_RANK_TIMEOUT: expected seconds above 0, found %s\n",
                         in_quotes(given).c_str());
        }
    }
    MPI_Bcast(&seconds, 1, MPI_DOUBLE, 0, MPI_COMM_WORLD);
    return seconds;
}

int follow_rank_0() {
    ternion::AnyCommunicator& ranks = *started();
    static const std::string name = joined("bitnet-2b4t: rank ", ranks.rank());
    end_on_truncation(name.c_str());
    try {
        follow(ranks);
    } catch (const std::bad_alloc&) {
        ranks.abort("out of memory");
    } catch (const std::exception& error) {
        ranks.abort(error.what());
    }
    return 0;
}

}  // namespace

const std::shared_ptr<ternion::AnyCommunicator>& ranks() {
    return started();
}

int run_on_ranks(const std::function<int()>& program) {
    if (!launched()) return program();
    try {
        int provided = 0;
        if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided) != MPI_SUCCESS ||
            provided < MPI_THREAD_SERIALIZED)
            throw std::runtime_error("MPI: expected threads that may take turns, found none");
        const double seconds = patience();
        if (seconds == 0) {
            MPI_Finalize();
            return 2;
        }
        started() = std::make_shared<ternion::ErasedCommunicator<ternion::MpiCommunicator>>(
            ternion::MpiCommunicator(MPI_COMM_WORLD, ternion::MpiCommunicator::Seconds(seconds), "bitnet-2b4t"));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "bitnet-2b4t: %s\n", error.what());
        return 2;
    }
    const bool follows = started()->rank() != 0;
    const int status = follows ? follow_rank_0() : program();
    if (!follows) release_ranks(*started());
    MPI_Finalize();
    return status;
}

#else

const std::shared_ptr<ternion::AnyCommunicator>& ranks() {
    static const std::shared_ptr<ternion::AnyCommunicator> none;
    return none;
}

int run_on_ranks(const std::function<int()>& program) {
    return program();
}

#endif

}  // namespace bitnet::cli
