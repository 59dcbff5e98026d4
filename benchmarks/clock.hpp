#pragma once

#include <chrono>
#include <ctime>

#include "options.hpp"

namespace bench {

/// Seconds since some start: wall time, or with --cpu-time the processor time of the calling thread.
inline double now() {
#if defined(CLOCK_THREAD_CPUTIME_ID)
    if (options().cpu_time) {
        std::timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
    }
#endif
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace bench
