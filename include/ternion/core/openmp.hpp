#pragma once

#if !defined(_OPENMP)
#error "ternion/core/openmp.hpp needs OpenMP: compile with -fopenmp, or pass another executor"
#endif

#include <omp.h>

#include <cstddef>

#include "first_failure.hpp"

namespace ternion {

/// An executor on OpenMP's threads. The first exception that f throws is thrown again when all are done. Regions are
/// cheap (a few microseconds) while the runtime's workers spin; a program that opens hundreds of regions a token wants
/// OMP_WAIT_POLICY=active or thread_pool.hpp. A process must not fork and go on in the child once a region has run.
class OpenMP {
 public:
    /// On `threads` threads; by default as many as OpenMP would take.
    explicit OpenMP(int threads = omp_get_max_threads()) noexcept : threads_(threads < 1 ? 1 : threads) {}

    [[nodiscard]] std::size_t concurrency() const noexcept { return static_cast<std::size_t>(threads_); }

    template <class F>
    void parallel_for(std::size_t count, F&& f) const {
        const auto n = static_cast<std::ptrdiff_t>(count);
        FirstFailure failure;
#pragma omp parallel for num_threads(threads_) schedule(static)
        for (std::ptrdiff_t i = 0; i < n; ++i) {
            failure.guard([&] { f(static_cast<std::size_t>(i), static_cast<std::size_t>(omp_get_thread_num())); });
        }
        failure.rethrow();
    }

 private:
    int threads_;
};

}  // namespace ternion
